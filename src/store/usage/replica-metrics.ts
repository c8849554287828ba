import type { Metrics } from '../../runtime/metrics.ts'
import type { ReplicaWatch } from './replica-watch.ts'

/** Measures the replica, if there is one. */
export function measureReplica(metrics: Metrics, replica: Pick<ReplicaWatch, 'isUp' | 'lagMs'>): void {
  metrics.gauge('tikmeter_replica_up', 'Whether database.read_url answers.', () => Number(replica.isUp))
  metrics.gauge(
    'tikmeter_replica_lag_seconds',
    'How far database.read_url lags at most behind database.url.',
    () => (replica.lagMs === undefined ? undefined : replica.lagMs / 1000),
  )
}
