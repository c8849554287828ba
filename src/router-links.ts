import type { RouterConfig } from './config/config.ts'
import { addressOf } from './config/revealed.ts'
import type { RouterLink } from './poller/router-loop.ts'
import { Callers } from './routeros/callers.ts'
import { Router } from './routeros/router.ts'
import type { Clock } from './runtime/clock.ts'

/**
 * How to connect to a router, again and again: what is known of its callers is kept from one time to the next.
 * @param isListening whether logouts are listened for between two readings
 */
export function linksBy(isListening: boolean, clock: Clock) {
  return (router: RouterConfig): ((signal: AbortSignal) => Promise<RouterLink>) => {
    const { services, timeoutMs, hotspotDomain } = router
    const its = { services, timeoutMs, hotspotDomain, isListening, callers: new Callers(), clock }
    return signal => Router.connect({ ...its, address: addressOf(router) }, signal)
  }
}
