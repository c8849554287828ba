import type { RouterConfig } from './config/config.ts'
import { addressOf } from './config/revealed.ts'
import type { RouterLink } from './poller/router-link.ts'
import { budgetOf } from './routeros/budget.ts'
import { Callers } from './routeros/callers.ts'
import type { RepliesInFlight } from './routeros/replies-in-flight.ts'
import { Router } from './routeros/router.ts'
import type { Clock } from './runtime/clock.ts'

export interface RouterLinksOptions {
  /** Whether routers tell of logouts at once, where they can. */
  readonly isListening: boolean
  /** Of all routers. */
  readonly replies: RepliesInFlight
  readonly clock: Clock
}

/** How to connect to a router, again and again: what is known of its callers is kept from one time to the next. */
export function routerLinks(
  options: RouterLinksOptions,
): (router: RouterConfig) => (signal: AbortSignal) => Promise<RouterLink> {
  return router => {
    const { services, timeoutMs, hotspotDomain, maxSessions } = router
    const its = { services, timeoutMs, hotspotDomain, budget: budgetOf(maxSessions), callers: new Callers() }
    return signal => Router.connect({ ...options, ...its, address: addressOf(router) }, signal)
  }
}
