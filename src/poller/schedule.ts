import { createTask, type ScheduledTask } from 'node-cron'
import type { Clock } from '../runtime/clock.ts'

/** A tick that is this late will not come: the wall clock was set back, and cron waits for it to catch up. */
const LATE_MS = 2_000

/** One cron schedule, with seconds, and the places of the routers that follow it. */
export class Schedule {
  readonly #expression: string
  readonly #isSpread: boolean
  readonly #clock: Clock
  readonly #places = new Set<Place>()
  readonly #free: number[] = []
  #nextIndex = 0

  constructor(expression: string, options: { isSpread: boolean; clock: Clock }) {
    this.#expression = expression
    this.#isSpread = options.isSpread
    this.#clock = options.clock
  }

  /** A place of its own in the interval, which it keeps whoever else comes and goes. */
  join(): Place {
    const index = this.#free.pop() ?? this.#nextIndex++
    const place = new Place(this.#isSpread ? fractionOf(index) : 0, () => {
      this.#places.delete(place)
      this.#free.push(index)
    })
    this.#places.add(place)
    return place
  }

  /** Ticks until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const task = createTask(this.#expression, () => this.#tick(task, signal), {
        suppressMissedWarning: true,
      })
      await task.start()
      await this.#untilLate(task, signal)
      await task.destroy()
    }
  }

  #tick(task: ScheduledTask, signal: AbortSignal): void {
    const intervalMs = intervalOf(task)
    for (const place of this.#places)
      void this.#clock.sleep(place.fraction * intervalMs, signal).then(() => place.tick())
    this.#lastTickMs = this.#clock.steadyMs()
  }

  #lastTickMs = 0

  /** Returns when a tick is overdue, by a clock that nobody can set. */
  async #untilLate(task: ScheduledTask, signal: AbortSignal): Promise<void> {
    this.#lastTickMs = this.#clock.steadyMs()
    while (!signal.aborted) {
      const patienceMs = intervalOf(task) + LATE_MS
      await this.#clock.sleep(patienceMs, signal)
      if (this.#clock.steadyMs() - this.#lastTickMs >= patienceMs) return
    }
  }
}

/** A router's place in a schedule. */
export class Place {
  /** Of the interval, in [0, 1). */
  readonly fraction: number
  readonly leave: () => void
  #waiting: (() => void) | undefined
  #skipped = 0

  constructor(fraction: number, leave: () => void) {
    this.fraction = fraction
    this.leave = leave
  }

  /** Ticks that came while nobody waited for one: the poll before them was still under way, or there was no link. */
  get skipped(): number {
    return this.#skipped
  }

  /** Resolves at the place's next tick, or when the signal aborts. */
  next(signal: AbortSignal): Promise<void> {
    // Whoever waited before has given up waiting.
    this.#waiting?.()
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

/** Milliseconds from the coming tick to the one after it. */
function intervalOf(task: ScheduledTask): number {
  const [first, second] = task.getNextRuns(2)
  return first && second ? second.getTime() - first.getTime() : 0
}

/** 0, ½, ¼, ¾, ⅛, …: however many there are, they lie evenly, and none moves when one more comes. */
function fractionOf(index: number): number {
  let fraction = 0
  for (let rest = index, half = 0.5; rest > 0; rest >>= 1, half /= 2) if (rest & 1) fraction += half
  return fraction
}
