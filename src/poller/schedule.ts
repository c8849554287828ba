import { createTask, type ScheduledTask } from 'node-cron'
import type { Clock } from '../runtime/clock.ts'
import { Place } from './place.ts'

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
  #lastTickMs = 0

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
    const rounds = new Set<Promise<void>>()
    while (!signal.aborted) {
      const task = createTask(
        this.#expression,
        ({ date }) => {
          const [next = date] = task.getNextRuns(1)
          const intervalMs = next.getTime() - date.getTime()
          const round = this.#round(intervalMs, signal).finally(() => rounds.delete(round))
          rounds.add(round)
        },
        { suppressMissedWarning: true },
      )
      await task.start()
      await this.#untilLate(task, signal)
      await task.destroy()
    }
    await Promise.all(rounds)
  }

  /** From one tick to the next: each place at its time. One timer, however many places there are. */
  async #round(intervalMs: number, signal: AbortSignal): Promise<void> {
    const startMs = this.#clock.steadyMs()
    this.#lastTickMs = startMs
    for (const place of [...this.#places].sort((a, b) => a.fraction - b.fraction)) {
      const restMs = startMs + place.fraction * intervalMs - this.#clock.steadyMs()
      if (restMs > 0) await this.#clock.sleep(restMs, signal)
      if (signal.aborted) return
      if (this.#places.has(place)) place.tick()
    }
  }

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
