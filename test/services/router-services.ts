import type { Service } from '../../src/accounting/reading.ts'
import type { RouterService } from '../../src/routeros/router-service.ts'
import type { RouterSettings } from '../../src/services/service-description.ts'
import { routerServices } from '../../src/services/services.ts'

/** The services of a new router; by default hotspot and PPP. */
export function newRouterServices(
  names: readonly Service[] = ['hotspot', 'ppp'],
  hotspotDomain: RouterSettings['hotspotDomain'] = 'part',
): readonly RouterService[] {
  return routerServices(names, { hotspotDomain })
}
