import type { Clock } from '../../runtime/clock.ts'

/**
 * The pace of work that nothing waits for. After each small step it rests as long as the step took, so that commits
 * always have half of the database to themselves.
 */
export class HalfLoad {
  readonly signal: AbortSignal
  readonly #clock: Clock
  #sinceMs: number

  constructor(clock: Clock, signal: AbortSignal) {
    this.#clock = clock
    this.signal = signal
    this.#sinceMs = clock.steadyMs()
  }

  /** Rests between two steps. Returns at once when the signal aborts. */
  async rest(): Promise<void> {
    const clock = this.#clock
    await clock.sleep(clock.steadyMs() - this.#sinceMs, this.signal)
    this.#sinceMs = clock.steadyMs()
  }
}
