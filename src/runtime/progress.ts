import type { Clock } from './clock.ts'

/** Whether work that is under way goes on: of all its steps, one begins or ends now and then. */
export class Progress {
  readonly #clock: Clock
  readonly #withinMs: number
  #underWay = 0
  #lastMs = 0

  /** @param options `withinMs`: without a step for so long, what is under way is stuck */
  constructor(options: { clock: Clock; withinMs: number }) {
    this.#clock = options.clock
    this.#withinMs = options.withinMs
  }

  /** Nothing under way is not stuck: it waits. */
  get isStuck(): boolean {
    return this.#underWay > 0 && this.#clock.steadyMs() - this.#lastMs > this.#withinMs
  }

  /** One step, from its begin to its end, however it ends. */
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
