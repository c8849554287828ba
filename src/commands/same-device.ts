import { routerKey } from '../accounting/ids.ts'
import type { ConfiguredRouter } from '../config/difference.ts'
import { Claims } from '../config/fields/claims.ts'
import { addressText } from '../config/shared-address.ts'
import type { Finding } from './findings.ts'

/** Finds routers of the config that are the same device. It gets one router after the other. */
export class SameDevice {
  readonly #claims = new Claims<ConfiguredRouter>()

  /**
   * @param serial serial number of the device; `undefined` if it has none
   * @returns a warning if an earlier router is the same device
   */
  findingsOf(of: ConfiguredRouter, serial: string | undefined): readonly Finding[] {
    const bySerial = serial === undefined ? undefined : this.#claims.claim(`serial ${serial}`, of)
    const byAddress = this.#claims.claim(addressText(of.router), of)
    if (bySerial) return [warning(`its serial number, ${serial}, is also that of`, bySerial, COPIED)]
    return byAddress ? [warning('its host and port are also those of', byAddress, '')] : []
  }
}

/** Copies of a virtual machine share a serial number until this command has run. */
const COPIED = '; if one is a copy of a virtual machine: /system/license/generate-new-id'

function warning(what: string, { tenant, router }: ConfiguredRouter, more: string): Finding {
  return {
    severity: 'warning',
    what: `${what} ${routerKey(tenant.id, router.id)}; a router that is read twice is counted twice`,
    advice: `remove one of them from the config, or give them different services${more}`,
  }
}
