import type { Metrics } from './metrics.ts'
import { REFUSALS, type Refusal } from './refusals.ts'

/** Counts the clients that were refused. */
export class RefusalMetrics {
  readonly #refusals

  constructor(metrics: Metrics) {
    this.#refusals = metrics.counter(
      'tikmeter_refusals_total',
      'Clients that were refused, or whose connection was closed for another one: see the log for the addresses.',
      'reason',
    )
    for (const reason of REFUSALS) this.#refusals.inc({ reason }, 0)
  }

  refused(reason: Refusal): void {
    this.#refusals.inc({ reason })
  }
}
