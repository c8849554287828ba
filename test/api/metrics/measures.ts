import { routerId, routerKey, tenantId } from '../../../src/accounting/ids.ts'
import { AlertMetrics } from '../../../src/alerts/alert-metrics.ts'
import type { Route } from '../../../src/api/http/routes.ts'
import { type MetricsOptions, metricsRoute } from '../../../src/api/metrics/metrics.ts'
import { measureCertificate } from '../../../src/daemon/certificate-metrics.ts'
import { ConfigFileMetrics, measureConfigFile } from '../../../src/daemon/config-file-metrics.ts'
import { measureFeed } from '../../../src/feed/feed-metrics.ts'
import { PublishMetrics } from '../../../src/feed/pusher/publish-metrics.ts'
import { measureJournal } from '../../../src/journal/journal-metrics.ts'
import { NO_TOTALS } from '../../../src/live/snapshot.ts'
import { PollMetrics } from '../../../src/poller/poll-metrics.ts'
import { type RouterHealth, UNTRIED } from '../../../src/poller/router-health.ts'
import { measureWaiting, RecordingMetrics } from '../../../src/recording/recording-metrics.ts'
import { measureTenants } from '../../../src/recording/tenant-metrics.ts'
import { measureLeases } from '../../../src/roster/lease-metrics.ts'
import { type MeasuredBook, measureRouters } from '../../../src/roster/router-metrics.ts'
import { EventLoopDelay } from '../../../src/runtime/event-loop.ts'
import { Metrics } from '../../../src/runtime/metrics.ts'
import { RefusalMetrics } from '../../../src/runtime/refusal-metrics.ts'
import { SERVICE_NAMES } from '../../../src/services/services.ts'
import { measureReplica } from '../../../src/store/usage/replica-metrics.ts'

const acme = tenantId('acme')
const hq = routerId('hq')
const NOON = new Date('2026-11-24T12:00:00Z')

/** A router with some problems. */
export const HQ: MeasuredBook = {
  key: routerKey(acme, hq),
  about: { tenant: acme, router: hq },
  crowding: { sessions: 40, uses: [{ limit: 'max_sessions', used: 40, allowed: 50 }], leftOut: 2 },
  others: { upload: 1n, download: 2n },
  tail: { upload: 100, download: 2000 },
  joinedEvents: 7,
  load: { bytes: 2048, since: NOON },
  lives: new Map([['hotspot', { sessions: 40, uncounted: 6 }]]),
}

export const HQ_HEALTH: RouterHealth = {
  ...{ ...UNTRIED, state: 'online', lastReadingAt: NOON, latencyMs: 12, overloaded: 'too many sessions' },
  ...{ skippedTicks: 3, putOffPolls: 5, budgetUse: { usedBytes: 1, mostBytes: 4 } },
}

/** What a test may choose of the measured daemon. */
export interface Shown {
  readonly books: () => Iterable<MeasuredBook>
  readonly health: () => RouterHealth | undefined
  readonly isDatabaseUp: () => boolean
  readonly certificateExpiresAt: () => Date | undefined
}

const SHOWN: Shown = {
  books: () => [HQ],
  health: () => HQ_HEALTH,
  isDatabaseUp: () => false,
  certificateExpiresAt: () => new Date('2027-01-30T12:00:00Z'),
}

/** Everything that is measured of a daemon with one router. */
export function measuredDaemon(more: Partial<Shown> = {}) {
  const shown = { ...SHOWN, ...more }
  const metrics = new Metrics()
  const totals = {
    ...NO_TOTALS,
    subscribers: [{ name: 'hotspot', usersField: 'hotspot_users', online: 39 }],
    total: { upload: 5n, download: 70n },
  }
  measureRouters(metrics, { books: { values: shown.books }, poller: { health: shown.health } })
  measureTenants(metrics, { tenants: () => [acme], totals: () => totals }, { now: () => NOON })
  measureWaiting(metrics, {
    recorder: { pending: () => new Map([[HQ.key, 12]]) },
    shares: { memory: { usedBytes: 4096, mostBytes: 1 << 28 } },
    commits: {
      get isUp() {
        return shown.isDatabaseUp()
      },
      refusedRouters: 1,
    },
  })
  measureReplica(metrics, { isUp: true, lagMs: 1500 })
  measureLeases(metrics, {
    ownership: { counts: { wanted: 3, held: 2, lost: 1 } },
    membership: { members: [], moves: 7, imbalance: 1.1 },
  })
  measureJournal(metrics, { state: () => ({ kind: 'writing', bytes: 1024, maxBytes: 1 << 30 }) })
  measureFeed(metrics, { connections: 4 })
  measureCertificate(metrics, shown.certificateExpiresAt)
  measureConfigFile(metrics, { state: { isApplied: false, appliedAt: NOON, files: 7 } })
  return {
    metrics,
    recording: new RecordingMetrics(metrics, SERVICE_NAMES),
    polls: new PollMetrics(metrics),
    file: new ConfigFileMetrics(metrics),
    alerts: new AlertMetrics(metrics),
    publishing: new PublishMetrics(metrics, () => true),
    refusals: new RefusalMetrics(metrics),
    loop: new EventLoopDelay(metrics),
  }
}

/** `/metrics` with a clock that stands still, and no token by default. */
export function metricsOf(options: Partial<MetricsOptions> = {}): Route & { readonly kind: 'open' } {
  const route = metricsRoute({
    ...{ metrics: options.metrics ?? measuredDaemon().metrics, version: '0.1.0' },
    ...{ token: () => undefined, clock: { steadyMs: () => 0 }, ...options },
  })
  if (route.kind !== 'open') throw new Error('the token of the metrics is no tenant’s')
  return route
}
