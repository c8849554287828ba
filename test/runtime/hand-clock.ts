import type { Clock } from '../../src/runtime/clock.ts'

interface Sleeper {
  readonly dueMs: number
  readonly wake: () => void
}

/** A clock that a test moves. The wall clock can be set independently of the steady one. */
export class HandClock implements Clock {
  #steadyMs: number
  #wallAheadMs = 0
  readonly #sleepers = new Set<Sleeper>()
  /** Called when somebody begins to sleep. */
  readonly #watchers: (() => void)[] = []

  constructor(start: string | Date) {
    this.#steadyMs = new Date(start).getTime()
  }

  /** Number of sleepers: 0 when everything was stopped in order. */
  get sleepers(): number {
    return this.#sleepers.size
  }

  now(): Date {
    return new Date(this.#steadyMs + this.#wallAheadMs)
  }

  steadyMs(): number {
    return this.#steadyMs
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve()
    return new Promise(resolve => {
      const wake = () => {
        this.#sleepers.delete(sleeper)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      const sleeper = { dueMs: this.#steadyMs + Math.max(0, ms), wake }
      this.#sleepers.add(sleeper)
      signal.addEventListener('abort', wake)
      for (const tell of this.#watchers.splice(0)) tell()
    })
  }

  /** Waits until this many sleep, after the work for which they were woken. */
  async asleep(count: number): Promise<void> {
    while (this.#sleepers.size < count)
      await new Promise<void>(resolve => {
        this.#watchers.push(resolve)
      })
    await settle()
  }

  /** Moves only the wall clock, as an operator or NTP does. */
  setWall(instant: string | Date): void {
    this.#wallAheadMs = new Date(instant).getTime() - this.#steadyMs
  }

  /** Lets time pass. Sleepers wake in order, each at its time, and may sleep again within that time. */
  async turn(ms: number): Promise<void> {
    const endMs = this.#steadyMs + ms
    for (;;) {
      await settle()
      const next = this.#next(endMs)
      if (next === undefined) break
      this.#steadyMs = Math.max(this.#steadyMs, next.dueMs)
      next.wake()
    }
    this.#steadyMs = endMs
  }

  #next(endMs: number): Sleeper | undefined {
    let first: Sleeper | undefined
    for (const sleeper of this.#sleepers) {
      if (sleeper.dueMs <= endMs && (first === undefined || sleeper.dueMs < first.dueMs)) first = sleeper
    }
    return first
  }
}

/** Waits for all microtasks, so that everything that was woken has come to its next await. */
function settle(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
