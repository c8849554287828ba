import type { Clock } from './clock.ts'

/** Watches whether work makes progress: now and then one of its steps must begin or end. */
export class Progress {
  readonly #clock: Clock
  readonly #withinMs: number
  #underWay = 0
  #lastMs = 0

  /** @param options `withinMs`: work under way is stuck if no step begins or ends for this long */
  constructor(options: { clock: Clock; withinMs: number }) {
    this.#clock = options.clock
    this.#withinMs = options.withinMs
  }

  /** Whether work under way is stuck. Without work under way it is false. */
  get isStuck(): boolean {
    return this.#underWay > 0 && this.#clock.steadyMs() - this.#lastMs > this.#withinMs
  }

  /** Does one step, and notes its begin and its end, also if it fails. */
  async step<T>(work: () => Promise<T>): Promise<T> {
    this.#underWay++
    this.#lastMs = this.#clock.steadyMs()
    try {
      return await work()
    } finally {
      this.#underWay--
      this.#lastMs = this.#clock.steadyMs()
    }
  }
}
