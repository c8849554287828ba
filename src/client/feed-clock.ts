/** Time as the client sees it; tests use a manual one. */
export interface FeedClock {
  /** Milliseconds since 1970, by the wall clock. */
  now(): number
  /** Calls `call` once, after `ms` milliseconds. @returns a function that cancels it */
  after(ms: number, call: () => void): () => void
}

export const systemClock: FeedClock = {
  now: () => Date.now(),
  after: (ms, call) => {
    const timer = setTimeout(call, ms)
    return () => clearTimeout(timer)
  },
}

/** One timer. Setting it again replaces the earlier time. */
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
