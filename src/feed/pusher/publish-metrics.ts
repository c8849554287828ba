import type { Metrics } from '../../runtime/metrics.ts'
import type { PublishObserver } from './publisher.ts'

/** Counts what was published to a Pusher app. */
export class PublishMetrics implements PublishObserver {
  readonly #events

  /** @param isUp `undefined` if nothing is to be published */
  constructor(metrics: Metrics, isUp: () => boolean) {
    this.#events = metrics.counter(
      'tikmeter_published_events_total',
      'Stats of tenants that were posted to the app of publish.pusher, by outcome; the next ones replace failed ones.',
      'outcome',
    )
    metrics.gauge('tikmeter_publish_up', 'Whether the app of publish.pusher accepted the last request.', () =>
      Number(isUp()),
    )
    for (const outcome of ['published', 'failed']) this.#events.inc({ outcome }, 0)
  }

  published(outcome: 'published' | 'failed', events: number): void {
    this.#events.inc({ outcome }, events)
  }
}
