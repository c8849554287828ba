import type { Metrics } from '../runtime/metrics.ts'
import type { Ownership } from './leases.ts'
import type { Membership } from './membership.ts'

/** The parts that know who reads what. */
export interface MeasuredOwnership {
  readonly ownership: Pick<Ownership, 'counts'>
  readonly membership: Pick<Membership, 'imbalance' | 'members' | 'moves'>
}

/** Measures this daemon's leases, and how the routers are spread over the daemons. */
export function measureLeases(metrics: Metrics, { ownership, membership }: MeasuredOwnership): void {
  metrics.gauge('tikmeter_leases_wanted', 'Routers in the config.', () => ownership.counts.wanted)
  metrics.gauge(
    'tikmeter_leases_held',
    'Routers that this daemon has a lease for.',
    () => ownership.counts.held,
  )
  metrics.counters('tikmeter_leases_lost_total', 'Routers that another daemon took over.', [], () => [
    [{}, ownership.counts.lost],
  ])
  metrics.gauge(
    'tikmeter_members',
    'Daemons that share the routers, this one included.',
    () => membership.members.filter(it => it.isLive).length,
  )
  metrics.counters(
    'tikmeter_moves_total',
    'Routers that this daemon gave to another one that should read them.',
    [],
    () => [[{}, membership.moves]],
  )
  metrics.gauge(
    'tikmeter_load_imbalance_ratio',
    'The largest load of a daemon in proportion to its share; 1 if the routers can be spread exactly.',
    () => membership.imbalance,
  )
}
