import { routerId, tenantId } from '../../../src/accounting/ids.ts'
import type { Route } from '../../../src/api/http/routes.ts'
import { type Measures, type MetricsOptions, metricsRoute } from '../../../src/api/metrics/metrics.ts'
import { Observed } from '../../../src/api/metrics/observed.ts'
import type { RouterMeasure } from '../../../src/api/metrics/router-metrics.ts'
import { NO_TOTALS } from '../../../src/live/snapshot.ts'

export const HQ: RouterMeasure = {
  ...{ tenant: tenantId('acme'), router: routerId('hq'), isOnline: true },
  lastReadingAt: new Date('2026-11-24T12:00:00Z'),
  ...{
    latencyMs: 12,
    isOverloaded: true,
    leftOut: 2,
    othersBytes: 3,
    failures: 0,
    skippedTicks: 3,
    putOffPolls: 5,
    uncommittedBytes: 2048,
    joinedEvents: 7,
    tail: { upload: 100, download: 2000 },
  },
  sessions: new Map([['hotspot', 40]]),
  uncounted: 6,
  limits: [
    { limit: 'max_sessions', used: 40, allowed: 50 },
    { limit: 'bytes', used: 1, allowed: 4 },
  ],
}

/** `/metrics` without a token, unless there is one, and by a clock that stands still. */
export function metricsOf(options: Partial<MetricsOptions> = {}): Route & { readonly kind: 'open' } {
  const route = metricsRoute({
    ...{ measures: MEASURES, version: '0.1.0', observed: new Observed() },
    ...{ token: () => undefined, clock: { steadyMs: () => 0 }, ...options },
  })
  if (route.kind !== 'open') throw new Error('the token of the metrics is no tenant’s')
  return route
}

/** A daemon with one router and some trouble. */
export const MEASURES: Measures = {
  routers: () => [HQ],
  tenants: () => [
    {
      tenant: tenantId('acme'),
      totals: {
        ...NO_TOTALS,
        subscribers: [{ name: 'hotspot', usersField: 'hotspot_users', online: 39 }],
        total: { upload: 5n, download: 70n },
      },
    },
  ],
  feedConnections: () => 4,
  isDatabaseUp: () => false,
  uncommitted: () => ({ sessions: 12, bytes: 4096, maxBytes: 1 << 28, refusedRouters: 1 }),
  leases: () => ({ wanted: 3, held: 2, lost: 1 }),
  journal: () => ({ isWriting: true, bytes: 1024, maxBytes: 1 << 30 }),
  config: () => ({ isApplied: false, appliedAt: new Date('2026-11-24T12:00:00Z') }),
  certificateExpiresAt: () => new Date('2027-01-30T12:00:00Z'),
  eventLoop: () => ({ medianMs: 1, p99Ms: 4, worstMs: 20 }),
}
