import type { Clock } from './clock.ts'

/** A sleep that can be ended early. Only one sleep is under way at a time. */
export class Nap {
  readonly #clock: Clock
  #isWoken = false
  #end: (() => void) | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Ends the sleep under way. A wakeup before a sleep is remembered, and ends the next sleep at once. */
  wake(): void {
    this.#isWoken = true
    this.#end?.()
  }

  /** Sleeps for `ms`, or until it is woken or the signal aborts. @returns whether it was woken */
  async sleep(ms: number, signal: AbortSignal): Promise<boolean> {
    if (!this.#isWoken && !signal.aborted) {
      const ending = new AbortController()
      const end = () => ending.abort()
      this.#end = end
      signal.addEventListener('abort', end)
      await this.#clock.sleep(ms, ending.signal)
      signal.removeEventListener('abort', end)
      this.#end = undefined
    }
    const isWoken = this.#isWoken
    this.#isWoken = false
    return isWoken
  }
}
