import type { Failure } from '../runtime/failure.ts'
import type { Metrics } from '../runtime/metrics.ts'
import type { PollObserver } from './router-loop.ts'

const POLL_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** Counts and times the polls of all routers. */
export class PollMetrics implements PollObserver {
  readonly #polls
  readonly #failures

  constructor(metrics: Metrics) {
    this.#polls = metrics.histogram(
      'tikmeter_poll_duration_seconds',
      'How long a poll took in which every service could be read.',
      POLL_BUCKETS,
    )
    this.#failures = metrics.counter(
      'tikmeter_poll_failures_total',
      'Polls and connections that failed.',
      'kind',
    )
  }

  polled(tookMs: number): void {
    this.#polls.observe(tookMs / 1000)
  }

  pollFailed(failure: Failure): void {
    this.#failures.inc({ kind: kindOf(failure) })
  }
}

/** `RouterLoginRefused` is `login_refused`: there are as many as classes of errors. */
function kindOf({ name }: Failure): string {
  return name
    .replace(/^Router(?=.)/, '')
    .replace(/(?<=[a-z])(?=[A-Z])/g, '_')
    .toLowerCase()
}
