import type { Clock } from '../../src/runtime/clock.ts'
import { HandClock } from './hand-clock.ts'

/** A clock whose sleeps end when the test says so, because the file system takes its own time in between. */
export class Naps implements Clock {
  readonly #clock = new HandClock('2026-03-01T00:00:00Z')
  #napping: (() => void) | undefined
  #asleep: () => void = () => {}
  #falling: Promise<void> = Promise.resolve()

  constructor() {
    this.#expectNap()
  }

  /** Sets the wall clock. */
  setWall(instant: string): void {
    this.#clock.setWall(instant)
  }

  now(): Date {
    return this.#clock.now()
  }

  steadyMs(): number {
    return this.#clock.steadyMs()
  }

  sleep(_ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve()
    return new Promise(resolve => {
      const wake = () => {
        signal.removeEventListener('abort', wake)
        this.#napping = undefined
        this.#expectNap()
        resolve()
      }
      signal.addEventListener('abort', wake)
      this.#napping = wake
      this.#asleep()
    })
  }

  /** Resolves when there is a sleeper. */
  get asleep(): Promise<void> {
    return this.#falling
  }

  /** Wakes the sleepers, and waits until they sleep again. */
  async turn(): Promise<void> {
    await this.#falling
    this.#napping?.()
    await this.#falling
  }

  #expectNap(): void {
    this.#falling = new Promise(resolve => {
      this.#asleep = resolve
    })
  }
}
