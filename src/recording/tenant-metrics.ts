import type { TenantId } from '../accounting/ids.ts'
import type { Totals } from '../live/snapshot.ts'
import type { Metrics } from '../runtime/metrics.ts'

/** The live numbers of all tenants. */
export interface TenantTotals {
  tenants(): readonly TenantId[]
  totals(tenant: TenantId, now: Date): Totals | undefined
}

/** Measures each tenant as its dashboards show it. */
export function measureTenants(metrics: Metrics, board: TenantTotals, clock: { now(): Date }): void {
  const totals = () =>
    board.tenants().flatMap(tenant => {
      const totals = board.totals(tenant, clock.now())
      return totals ? [{ tenant, ...totals }] : []
    })
  metrics.gauges(
    'tikmeter_subscribers_online',
    'Distinct subscribers online.',
    ['tenant', 'service'],
    function* () {
      for (const { tenant, subscribers } of totals())
        for (const { name, online } of subscribers) yield [{ tenant, service: name }, online]
    },
  )
  metrics.counters(
    'tikmeter_usage_bytes_total',
    'Total usage, as dashboards show it live.',
    ['tenant', 'direction'],
    function* () {
      for (const { tenant, total } of totals()) {
        yield [{ tenant, direction: 'upload' }, Number(total.upload)]
        yield [{ tenant, direction: 'download' }, Number(total.download)]
      }
    },
  )
}
