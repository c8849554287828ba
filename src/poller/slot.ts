/** A router's slot in a schedule. */
export class Slot {
  /** Its position in the interval, in [0, 1). */
  readonly fraction: number
  readonly leave: () => void
  #waiting: (() => void) | undefined
  #skipped = 0

  constructor(fraction: number, leave: () => void) {
    this.fraction = fraction
    this.leave = leave
  }

  /** Ticks that nobody waited for, because the previous poll was still running or there was no connection. */
  get skipped(): number {
    return this.#skipped
  }

  /** Resolves at the slot's next tick, or when the signal aborts. Only one caller may wait at a time. */
  next(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve()
    return new Promise(resolve => {
      const done = () => {
        signal.removeEventListener('abort', done)
        this.#waiting = undefined
        resolve()
      }
      signal.addEventListener('abort', done)
      this.#waiting = done
    })
  }

  tick(): void {
    if (this.#waiting) this.#waiting()
    else this.#skipped++
  }
}
