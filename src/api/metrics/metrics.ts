import { collectDefaultMetrics, Gauge, type Registry } from 'prom-client'
import type { Clock } from '../../runtime/clock.ts'
import type { Metrics } from '../../runtime/metrics.ts'
import type { Route } from '../http/routes.ts'
import { MetricsPage } from './metrics-page.ts'
import { tokenFault } from './metrics-token.ts'

export interface MetricsOptions {
  /** The metrics that the parts of the daemon have registered. */
  readonly metrics: Metrics
  readonly version: string
  /** The token that a request needs; `undefined` if it needs none. A reload may change it. */
  readonly token: () => string | undefined
  readonly clock: Pick<Clock, 'steadyMs'>
}

/** `GET /metrics`, for Prometheus. */
export function metricsRoute({ metrics, version, token, clock }: MetricsOptions): Route {
  const { registry } = metrics
  const page = new MetricsPage(metrics, clock)
  measureProcess(registry)
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

/** Registers CPU, memory and files, but not the library's gauges that are named `_total`, as only counters should be. */
function measureProcess(registry: Registry): void {
  collectDefaultMetrics({ register: registry })
  for (const name of registry.getMetricsAsArray().map(it => it.name))
    if (/^nodejs_active_.*_total$|^nodejs_eventloop_/.test(name)) registry.removeSingleMetric(name)
}
