import { collectDefaultMetrics, Gauge, type Registry } from 'prom-client'
import type { TenantId } from '../../accounting/ids.ts'
import type { Totals } from '../../live/snapshot.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Route } from '../http/routes.ts'
import { MetricsPage } from './metrics-page.ts'
import { tokenFault } from './metrics-token.ts'
import type { Observed } from './observed.ts'
import { type RouterMeasure, tellOfRouters } from './router-metrics.ts'
import { type Page, series } from './series.ts'

/** A port: what there is to measure, as it is now. */
export interface Measures {
  routers(): Iterable<RouterMeasure>
  tenants(): Iterable<{ readonly tenant: TenantId; readonly totals: Totals }>
  /** Connections of the feed. */
  feedConnections(): number
  isDatabaseUp(): boolean
  /**
   * Sessions whose last readings the database has not got, the memory they take, its bound, of which half may be filled
   * by whomever, and routers that the database refuses.
   */
  uncommitted(): {
    readonly sessions: number
    readonly bytes: number
    readonly maxBytes: number
    readonly refusedRouters: number
  }
  leases(): { readonly wanted: number; readonly held: number; readonly lost: number }
  journal(): { readonly isWriting: boolean; readonly bytes: number; readonly maxBytes: number }
  /** Whether the config in the file is the one that is gone by, and since when it is. */
  config(): { readonly isApplied: boolean; readonly appliedAt: Date }
  /** When the certificate that HTTPS is served with runs out; `undefined` where there is none. */
  certificateExpiresAt(): Date | undefined
  /** Since they were last asked for. */
  eventLoop(): { readonly medianMs: number; readonly p99Ms: number; readonly worstMs: number }
}

export interface MetricsOptions {
  readonly measures: Measures
  readonly version: string
  readonly observed: Observed
  /** The token that who asks has to show; `undefined`: none. A reload may change it. */
  readonly token: () => string | undefined
  readonly clock: Pick<Clock, 'steadyMs'>
}

/** `GET /metrics`, for Prometheus. Each value but what was observed is taken when a page is made. */
export function metricsRoute({ measures, version, observed, token, clock }: MetricsOptions): Route {
  const { registry } = observed
  const page = new MetricsPage(registry, clock)
  tellOfProcess(registry)
  tellOfRouters(page, measures)
  tellOfTenants(page, measures)
  tellOfDaemon(page, measures)
  new Gauge({
    ...{ name: 'tikmeter_build_info', help: 'Always 1; which release runs.', labelNames: ['version'] },
    registers: [registry],
  }).set({ version }, 1)
  return {
    kind: 'open',
    path: '/metrics',
    parameters: [],
    answer: async (_query, headers) => {
      const wanted = token()
      const refused = wanted === undefined ? undefined : tokenFault(headers, wanted)
      if (refused !== undefined) return refused
      return { status: 200, contentType: registry.contentType, body: await page.text(), headers: {} }
    },
  }
}

/** CPU, memory and files. The library's gauges that end in `_total` would be counters to whoever reads the name. */
function tellOfProcess(registry: Registry): void {
  collectDefaultMetrics({ register: registry })
  for (const name of registry.getMetricsAsArray().map(it => it.name))
    if (/^nodejs_active_.*_total$|^nodejs_eventloop_/.test(name)) registry.removeSingleMetric(name)
}

function tellOfTenants(page: Page, measures: Measures): void {
  series(
    page,
    'gauge',
    ['tikmeter_subscribers_online', 'Distinct subscribers online.'],
    ['tenant', 'service'],
    function* () {
      for (const { tenant, totals } of measures.tenants())
        for (const { name, online } of totals.subscribers) yield [{ tenant, service: name }, online]
    },
  )
  series(
    page,
    'counter',
    ['tikmeter_usage_bytes_total', 'Usage in all, as dashboards show it, live.'],
    ['tenant', 'direction'],
    function* () {
      for (const { tenant, totals } of measures.tenants()) {
        yield [{ tenant, direction: 'upload' }, Number(totals.total.upload)]
        yield [{ tenant, direction: 'download' }, Number(totals.total.download)]
      }
    },
  )
}

function tellOfDaemon(page: Page, measures: Measures): void {
  const single = (name: string, help: string, of: () => number) =>
    series(page, 'gauge', [name, help], [], () => [[{}, of()]])
  single('tikmeter_feed_connections', 'Open WebSocket connections.', () => measures.feedConnections())
  single('tikmeter_database_up', 'Whether the last commit got through.', () =>
    Number(measures.isDatabaseUp()),
  )
  single(
    'tikmeter_uncommitted_sessions',
    'Sessions whose last readings wait for the database.',
    () => measures.uncommitted().sessions,
  )
  single(
    'tikmeter_uncommitted_bytes',
    'Memory that is taken by what waits for the database, about.',
    () => measures.uncommitted().bytes,
  )
  single(
    'tikmeter_uncommitted_max_bytes',
    'Its bound: above half of it, no router is read that has more than its share.',
    () => measures.uncommitted().maxBytes,
  )
  single(
    'tikmeter_refused_routers',
    'Routers whose commits the database refuses, again and again.',
    () => measures.uncommitted().refusedRouters,
  )
  single('tikmeter_leases_wanted', 'Routers in the config.', () => measures.leases().wanted)
  single('tikmeter_leases_held', 'Routers that are this daemon’s to read.', () => measures.leases().held)
  series(
    page,
    'counter',
    ['tikmeter_leases_lost_total', 'Routers that another daemon took over.'],
    [],
    () => [[{}, measures.leases().lost]],
  )
  single('tikmeter_journal_writing', 'Whether readings become durable.', () =>
    Number(measures.journal().isWriting),
  )
  single('tikmeter_journal_bytes', 'Size of the journal.', () => measures.journal().bytes)
  single('tikmeter_journal_max_bytes', 'Bound of the journal.', () => measures.journal().maxBytes)
  single('tikmeter_config_last_reload_successful', 'Whether the config in the file is the running one.', () =>
    Number(measures.config().isApplied),
  )
  single(
    'tikmeter_config_last_reload_success_timestamp_seconds',
    'When the running config was loaded.',
    () => measures.config().appliedAt.getTime() / 1000,
  )
  series(
    page,
    'gauge',
    ['tikmeter_tls_certificate_expiry_timestamp_seconds', 'When the certificate of server.tls runs out.'],
    [],
    () => {
      const expiresAt = measures.certificateExpiresAt()
      return expiresAt === undefined ? [] : [[{}, expiresAt.getTime() / 1000]]
    },
  )
  series(
    page,
    'gauge',
    [
      'tikmeter_event_loop_delay_seconds',
      'By how much late the event loop was, since the page before this one.',
    ],
    ['level'],
    () => {
      const { medianMs, p99Ms, worstMs } = measures.eventLoop()
      return [
        [{ level: 'p50' }, medianMs / 1000],
        [{ level: 'p99' }, p99Ms / 1000],
        [{ level: 'max' }, worstMs / 1000],
      ]
    },
  )
}
