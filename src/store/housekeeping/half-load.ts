import type { Clock } from '../../runtime/clock.ts'

/**
 * Of work that nothing waits for, done in small steps: after each, a rest for as long as it took, so that commits
 * always have half of the database to themselves.
 */
export class Pace {
  readonly signal: AbortSignal
  readonly #clock: Clock
  #sinceMs: number

  constructor(clock: Clock, signal: AbortSignal) {
    this.#clock = clock
    this.signal = signal
    this.#sinceMs = clock.steadyMs()
  }

  /** Between two steps; over at once when the signal aborts. */
  async rest(): Promise<void> {
    const clock = this.#clock
    await clock.sleep(clock.steadyMs() - this.#sinceMs, this.signal)
    this.#sinceMs = clock.steadyMs()
  }
}
