import { collectDefaultMetrics, Gauge, type Registry } from 'prom-client'
import type { TenantId } from '../accounting/ids.ts'
import type { Totals } from '../accounting/snapshot.ts'
import { Block } from '../runtime/block.ts'
import { systemClock } from '../runtime/clock.ts'
import type { Observed } from './observed.ts'
import { type RouterMeasure, tellOfRouters } from './router-metrics.ts'
import type { Route } from './routes.ts'
import { series } from './series.ts'

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
  /** Since they were last asked for. */
  eventLoop(): { readonly medianMs: number; readonly p99Ms: number; readonly worstMs: number }
}

/** `GET /metrics`, for Prometheus. Each value but what was observed is taken when it is asked for. */
export function metricsRoute(measures: Measures, version: string, { registry }: Observed): Route {
  tellOfProcess(registry)
  tellOfRouters(registry, measures)
  tellOfTenants(registry, measures)
  tellOfDaemon(registry, measures)
  new Gauge({
    ...{ name: 'tikmeter_build_info', help: 'Always 1; which release runs.', labelNames: ['version'] },
    registers: [registry],
  }).set({ version }, 1)
  // One for all who ask meanwhile, since it goes through all metrics and takes a while.
  let underWay: Promise<string> | undefined
  const page = () => {
    underWay ??= pageOf(registry).finally(() => {
      underWay = undefined
    })
    return underWay
  }
  return {
    kind: 'open',
    path: '/metrics',
    parameters: [],
    answer: async () => ({
      status: 200,
      contentType: registry.contentType,
      body: await page(),
      headers: {},
    }),
  }
}

/** As `registry.metrics()` has it, but one metric after the other, and others have their turns in between. */
async function pageOf(registry: Registry): Promise<string> {
  const block = new Block(systemClock)
  const parts: string[] = []
  for (const { name } of registry.getMetricsAsArray()) {
    if (block.isTooLong) await block.pause()
    parts.push(await registry.getSingleMetricAsString(name))
  }
  return `${parts.join('\n\n')}\n`
}

/** CPU, memory and files. The library's gauges that end in `_total` would be counters to whoever reads the name. */
function tellOfProcess(registry: Registry): void {
  collectDefaultMetrics({ register: registry })
  for (const name of registry.getMetricsAsArray().map(it => it.name))
    if (/^nodejs_active_.*_total$|^nodejs_eventloop_/.test(name)) registry.removeSingleMetric(name)
}

function tellOfTenants(registry: Registry, measures: Measures): void {
  series(
    registry,
    'gauge',
    ['tikmeter_subscribers_online', 'Distinct subscribers online.'],
    ['tenant', 'service'],
    function* () {
      for (const { tenant, totals } of measures.tenants()) {
        yield [{ tenant, service: 'hotspot' }, totals.hotspotSubscribers]
        yield [{ tenant, service: 'ppp' }, totals.pppSubscribers]
      }
    },
  )
  series(
    registry,
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

function tellOfDaemon(registry: Registry, measures: Measures): void {
  const single = (name: string, help: string, of: () => number) =>
    series(registry, 'gauge', [name, help], [], () => [[{}, of()]])
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
    registry,
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
    registry,
    'gauge',
    [
      'tikmeter_event_loop_delay_seconds',
      'By how much late the event loop was, since this was last asked for.',
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
