import type { Service } from '../accounting/reading.ts'
import type { RouterService } from '../routeros/router-service.ts'
import { REGISTERED } from './registered.ts'
import type { RouterSettings } from './service.ts'

export const SERVICE_NAMES: readonly Service[] = REGISTERED.map(({ name }) => name)

/** Those for which a router is read whose config names none. */
export const DEFAULT_SERVICES: readonly Service[] = REGISTERED.filter(it => it.isReadByDefault).map(
  ({ name }) => name,
)

/**
 * How one router is read for its services.
 * @param names of registered services; any order, and those of no service are left out
 */
export function routerServices(
  names: readonly Service[],
  settings: RouterSettings,
): readonly RouterService[] {
  return REGISTERED.filter(({ name }) => names.includes(name)).map(
    ({ name, rules, menus: [menu], isBypassedByFastTrack, opener }) => {
      return { name, rules, menu, isBypassedByFastTrack, open: opener(settings) }
    },
  )
}
