import type { Metrics } from '../runtime/metrics.ts'
import { FORMATS } from './formats.ts'
import type { JoinedObserver } from './joined.ts'
import type { Way } from './recipient.ts'
import type { DeliveryObserver } from './webhooks.ts'

const OUTCOMES = ['delivered', 'retried', 'dead'] as const
const WAYS = [...FORMATS, 'mail'] as const satisfies readonly Way[]

/** Counts what became of alerts. */
export class AlertMetrics implements DeliveryObserver, JoinedObserver {
  readonly #deliveries
  readonly #joined

  constructor(metrics: Metrics) {
    this.#deliveries = metrics.counter(
      'tikmeter_webhook_deliveries_total',
      'Attempts to deliver an alert to a webhook or by mail, by outcome; a dead delivery is not retried.',
      'outcome',
      'format',
    )
    this.#joined = metrics.counter(
      'tikmeter_alerts_joined_total',
      'Alerts that were not reported one by one, because their router had too many; each daemon counts all.',
    )
    for (const outcome of OUTCOMES) for (const format of WAYS) this.#deliveries.inc({ outcome, format }, 0)
    this.#deliveries.inc({ outcome: 'dead', format: 'removed' }, 0)
  }

  delivery(outcome: (typeof OUTCOMES)[number], format: Way | 'removed', times: number): void {
    this.#deliveries.inc({ outcome, format }, times)
  }

  alertsJoined(count: number): void {
    this.#joined.inc(count)
  }
}
