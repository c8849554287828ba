import type { RouterKey } from '../accounting/ids.ts'
import type { Admission } from '../accounting/limits/admission.ts'
import type { Service } from '../accounting/reading.ts'
import type { ConfiguredRouter } from '../config/difference.ts'
import { addressOf } from '../config/revealed.ts'
import type { RouterLink } from '../poller/router-link.ts'
import { configuredKey } from '../roster/configured-router.ts'
import { Router } from '../routeros/router.ts'
import { budgetOf } from '../routeros/wire/budget.ts'
import type { RepliesInFlight } from '../routeros/wire/replies-in-flight.ts'
import type { Clock } from '../runtime/clock.ts'
import { routerServices } from '../services/services.ts'

export interface RouterLinksOptions {
  /** Whether to listen for logouts on routers that can report them at once. */
  readonly isListening: boolean
  /** The replies of all routers together. */
  readonly replies: RepliesInFlight
  /** Which rows of a router's next answer are kept in memory. */
  readonly admission: (router: RouterKey, service: Service) => Admission
  readonly clock: Clock
}

/** Makes connections to routers. What the services know about a router is kept from one connection to the next. */
export function routerLinks(
  options: RouterLinksOptions,
): (configured: ConfiguredRouter) => (signal: AbortSignal) => Promise<RouterLink> {
  return configured => {
    const { router } = configured
    const key = configuredKey(configured)
    const { timeoutMs, maxSessions } = router
    const services = routerServices(router.services, router)
    const its = { services, timeoutMs, budget: budgetOf(maxSessions) }
    const admission = (service: Service) => options.admission(key, service)
    return signal => Router.connect({ ...options, ...its, admission, address: addressOf(router) }, signal)
  }
}
