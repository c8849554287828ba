import { routerKey } from '../accounting/ids.ts'
import type { TenantRouter } from '../config/difference.ts'
import { Claims } from '../config/fields/claims.ts'
import { addressText } from '../config/shared-address.ts'
import type { Finding } from './findings.ts'

/** Finds routers of the config that are one device, among those it is shown one after the other. */
export class SameDevice {
  readonly #claims = new Claims<TenantRouter>()

  /**
   * @param serial of the device; `undefined` where it does not say
   * @returns a warning where the device is read as another router already
   */
  findingsOf(of: TenantRouter, serial: string | undefined): readonly Finding[] {
    const bySerial = serial === undefined ? undefined : this.#claims.claim(`serial ${serial}`, of)
    const byAddress = this.#claims.claim(addressText(of.router), of)
    if (bySerial) return [warning(`its serial number, ${serial}, is also that of`, bySerial, COPIED)]
    return byAddress ? [warning('its host and port are also those of', byAddress, '')] : []
  }
}

/** Copies of a virtual machine have one serial number until then. */
const COPIED = '; if one is a copy of a virtual machine: /system/license/generate-new-id'

function warning(what: string, { tenant, router }: TenantRouter, more: string): Finding {
  return {
    severity: 'warning',
    what: `${what} ${routerKey(tenant.id, router.id)}; a router that is read twice is counted twice`,
    advice: `remove one of them from the config, or give each services of its own${more}`,
  }
}
