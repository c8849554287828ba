/** The parts of Node that a deadline is made of. */
export interface Timing {
  nowMs(): number
  setTimeout(over: () => void, ms: number): NodeJS.Timeout
}

const NODE: Timing = { nowMs: () => performance.now(), setTimeout: (over, ms) => setTimeout(over, ms) }

/** A timer is a little late on any busy machine. */
const LATE_MS = 100

/**
 * A limit for the time that a router takes. Time in which this process did not run does not count: it was paused, or its
 * event loop was blocked. Node calls timers before it reads sockets, so an answer that came in that time would be lost,
 * and with it those of all routers.
 */
export class Deadline {
  #timer: NodeJS.Timeout
  readonly #timing: Timing

  /** @param onOver called once, when the limit of `ms` milliseconds is over, unless it was cleared before */
  constructor(ms: number, onOver: () => void, timing = NODE) {
    this.#timing = timing
    this.#timer = this.#start(ms, onOver)
  }

  clear(): void {
    clearTimeout(this.#timer)
  }

  #start(ms: number, onOver: () => void): NodeJS.Timeout {
    const dueMs = this.#timing.nowMs() + ms
    return this.#timing.setTimeout(() => {
      const lateMs = this.#timing.nowMs() - dueMs
      if (lateMs < LATE_MS) onOver()
      else this.#timer = this.#start(Math.min(lateMs, ms), onOver)
    }, ms)
  }
}
