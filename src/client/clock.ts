/** Time as the client sees it; tests turn one by hand. */
export interface FeedClock {
  /** Milliseconds since 1970, by the wall clock. */
  now(): number
  /** Calls once, after so many milliseconds. @returns what takes it back */
  after(ms: number, call: () => void): () => void
}

export const systemClock: FeedClock = {
  now: () => Date.now(),
  after: (ms, call) => {
    const timer = setTimeout(call, ms)
    return () => clearTimeout(timer)
  },
}

/** One thing to do at its time: setting it anew takes back what was set before. */
export class Alarm {
  readonly #clock: FeedClock
  #cancel: (() => void) | undefined

  constructor(clock: FeedClock) {
    this.#clock = clock
  }

  get isSet(): boolean {
    return this.#cancel !== undefined
  }

  set(ms: number, call: () => void): void {
    this.clear()
    this.#cancel = this.#clock.after(ms, () => {
      this.#cancel = undefined
      call()
    })
  }

  clear(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }
}
