import { createTask, type ScheduledTask } from 'node-cron'
import type { Clock } from '../runtime/clock.ts'
import { Slot } from './slot.ts'

/** A tick that is this late will not come: the wall clock was set back, and cron waits until it catches up. */
const LATE_MS = 2_000

interface TakenSlot {
  readonly slot: Slot
  /** When it was taken, by the steady clock. */
  readonly takenMs: number
}

/** One cron schedule, with seconds, and the slots of the routers that follow it. */
export class Schedule {
  readonly #expression: string
  readonly #isSpread: boolean
  readonly #clock: Clock
  /** Sorted by fraction. */
  readonly #taken: TakenSlot[] = []
  readonly #free: number[] = []
  #nextIndex = 0
  #lastTickMs = 0
  /** Aborted when a router joins, because the timer may be set for a time after the new slot. */
  #joined = new AbortController()

  constructor(expression: string, options: { isSpread: boolean; clock: Clock }) {
    this.#expression = expression
    this.#isSpread = options.isSpread
    this.#clock = options.clock
  }

  /** Takes a slot in the interval, which does not change when others come and go. */
  join(): Slot {
    const index = this.#free.pop() ?? this.#nextIndex++
    const slot = new Slot(this.#isSpread ? fractionOf(index) : 0, () => {
      this.#taken.splice(this.#taken.indexOf(taken), 1)
      this.#free.push(index)
    })
    const taken = { slot, takenMs: this.#clock.steadyMs() }
    this.#taken.splice(this.#firstAfter(slot.fraction), 0, taken)
    this.#joined.abort()
    return slot
  }

  /** Ticks until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const rounds = new Set<Promise<void>>()
    const begin = (startMs: number, intervalMs: number) => {
      const round = this.#round(startMs, intervalMs, signal).finally(() => rounds.delete(round))
      rounds.add(round)
    }
    while (!signal.aborted) {
      const task = createTask(
        this.#expression,
        ({ date }) => {
          const [next = date] = task.getNextRuns(1)
          this.#lastTickMs = this.#clock.steadyMs()
          begin(this.#lastTickMs, next.getTime() - date.getTime())
        },
        { suppressMissedWarning: true },
      )
      // An interval is under way: slots that are taken now tick in it, if their time is still to come.
      const intervalMs = intervalOf(task)
      const restMs = (task.getNextRuns(1)[0]?.getTime() ?? 0) - this.#clock.now().getTime()
      if (restMs > 0 && restMs < intervalMs) begin(this.#clock.steadyMs() + restMs - intervalMs, intervalMs)
      await task.start()
      await this.#untilLate(task, signal)
      await task.destroy()
    }
    await Promise.all(rounds)
  }

  /**
   * Runs from one tick to the next: each slot ticks at its time, also one that is taken meanwhile and before its time.
   * Uses one timer for all slots.
   */
  async #round(startMs: number, intervalMs: number, signal: AbortSignal): Promise<void> {
    let done = -1
    while (!signal.aborted) {
      const next = this.#taken[this.#firstAfter(done)]?.slot.fraction
      const dueMs = startMs + (next ?? 1) * intervalMs
      await this.#sleepUntil(dueMs, signal)
      if (this.#clock.steadyMs() < dueMs) continue
      if (signal.aborted || next === undefined) return
      const due = this.#taken.slice(this.#firstAfter(done), this.#firstAfter(next))
      for (const { slot, takenMs } of due) if (takenMs <= dueMs) slot.tick()
      done = next
    }
  }

  /** Sleeps until then, or until a router joins or the signal aborts. */
  async #sleepUntil(dueMs: number, signal: AbortSignal): Promise<void> {
    const restMs = dueMs - this.#clock.steadyMs()
    if (restMs <= 0) return
    if (this.#joined.signal.aborted) this.#joined = new AbortController()
    const joined = this.#joined
    const wake = () => joined.abort()
    signal.addEventListener('abort', wake)
    await this.#clock.sleep(Math.ceil(restMs), joined.signal)
    signal.removeEventListener('abort', wake)
  }

  /** Index of the first taken slot that is after this fraction of the interval. */
  #firstAfter(fraction: number): number {
    let [low, high] = [0, this.#taken.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#taken[middle]?.slot.fraction ?? 1) <= fraction) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Returns when a tick is overdue by the steady clock, which nobody can set. */
  async #untilLate(task: ScheduledTask, signal: AbortSignal): Promise<void> {
    this.#lastTickMs = this.#clock.steadyMs()
    while (!signal.aborted) {
      const patienceMs = intervalOf(task) + LATE_MS
      await this.#clock.sleep(patienceMs, signal)
      if (this.#clock.steadyMs() - this.#lastTickMs >= patienceMs) return
    }
  }
}

/** Milliseconds between the next two ticks of a cron expression with seconds. */
export function intervalOfSchedule(expression: string): number {
  const task = createTask(expression, () => {})
  try {
    return intervalOf(task)
  } finally {
    void task.destroy()
  }
}

/** Milliseconds between the next tick and the one after it. */
function intervalOf(task: ScheduledTask): number {
  const [first, second] = task.getNextRuns(2)
  return first && second ? second.getTime() - first.getTime() : 0
}

/** 0, ½, ¼, ¾, ⅛, …: evenly spread for any number, and none moves when another is added. */
function fractionOf(index: number): number {
  let fraction = 0
  for (let rest = index, half = 0.5; rest > 0; rest >>= 1, half /= 2) if (rest & 1) fraction += half
  return fraction
}
