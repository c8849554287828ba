import type { Metrics } from '../runtime/metrics.ts'
import type { Ownership } from './leases.ts'

/** Measures this daemon's leases. */
export function measureLeases(metrics: Metrics, ownership: Pick<Ownership, 'counts'>): void {
  metrics.gauge('tikmeter_leases_wanted', 'Routers in the config.', () => ownership.counts.wanted)
  metrics.gauge(
    'tikmeter_leases_held',
    'Routers that this daemon has a lease for.',
    () => ownership.counts.held,
  )
  metrics.counters('tikmeter_leases_lost_total', 'Routers that another daemon took over.', [], () => [
    [{}, ownership.counts.lost],
  ])
}
