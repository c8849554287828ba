import type { Metrics } from '../runtime/metrics.ts'
import type { JoinedObserver } from './joined.ts'
import type { DeliveryObserver } from './webhooks.ts'

const OUTCOMES = ['delivered', 'retried', 'dead'] as const

/** Counts what became of alerts. */
export class AlertMetrics implements DeliveryObserver, JoinedObserver {
  readonly #deliveries
  readonly #joined

  constructor(metrics: Metrics) {
    this.#deliveries = metrics.counter(
      'tikmeter_webhook_deliveries_total',
      'Attempts to deliver an alert to a webhook, by outcome; a dead delivery is not retried.',
      'outcome',
    )
    this.#joined = metrics.counter(
      'tikmeter_alerts_joined_total',
      'Alerts that were not reported one by one, because their router had too many; each daemon counts all.',
    )
    for (const outcome of OUTCOMES) this.#deliveries.inc({ outcome }, 0)
  }

  delivery(outcome: (typeof OUTCOMES)[number], times: number): void {
    this.#deliveries.inc({ outcome }, times)
  }

  alertsJoined(count: number): void {
    this.#joined.inc(count)
  }
}
