import type { Service } from '../accounting/reading.ts'
import type { RouterService } from '../routeros/router-service.ts'
import { REGISTERED } from './registered.ts'
import type { RouterSettings } from './service-description.ts'

/** The names of all services. */
export const SERVICE_NAMES: readonly Service[] = REGISTERED.map(({ name }) => name)

/** The services that are read from a router whose config names none. */
export const DEFAULT_SERVICES: readonly Service[] = REGISTERED.filter(it => it.isReadByDefault).map(
  ({ name }) => name,
)

/**
 * Prepares reading one router.
 * @param names of services, in any order; unknown names are ignored
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
