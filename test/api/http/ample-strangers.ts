import { Strangers, type StrangersOptions } from '../../../src/api/http/strangers.ts'
import type { Clock } from '../../../src/runtime/clock.ts'
import { createLogger } from '../../../src/runtime/logger.ts'
import { Refusals } from '../../../src/runtime/refusals.ts'
import { TrustedProxies } from '../../../src/runtime/trusted-proxies.ts'
import { rethrow } from '../../runtime/rethrow.ts'

const log = createLogger('silent')

/** So high that no test reaches them by accident. */
export const AMPLE_LIMITS: StrangersOptions['limits'] = {
  connectionsPerAddress: 1e6,
  addressRequestsPerSecond: 1e6,
}

/** @param more overrides the defaults: ample limits and no proxies */
export function strangersOf(clock: Clock, more: Partial<StrangersOptions> = {}): Strangers {
  return new Strangers({
    limits: AMPLE_LIMITS,
    mostConnections: () => 1e6,
    proxies: new TrustedProxies([], log),
    refusals: new Refusals({ observer: { refused: () => {} }, clock, log, onBug: rethrow }),
    clock,
    ...more,
  })
}
