import { percentile } from '../../measure.ts'

/** A poll that is so much after its router's place in the interval is late. */
const LATE_MS = 100
/** A router's place is where its early polls are: one out of turn, after a reconnect, does not move it. */
const PLACE_SHARE = 0.1

export interface Punctuality {
  readonly ticks: number
  readonly late: number
  readonly missed: number
  /** How far after its place each poll was. */
  readonly delaysMs: readonly number[]
}

/** When one router was polled. Its place in the interval is fixed, but not told: it is taken from the polls. */
export class PollTimes {
  #times: number[] = []
  /** The last one before those that are looked at. */
  #before: number | undefined

  note(atMs: number): void {
    this.#times.push(atMs)
  }

  /** From now on they are looked at. */
  begin(): void {
    this.#before = this.#times.at(-1)
    this.#times = []
  }

  /** @param intervalMs of the schedule */
  punctuality(intervalMs: number): Punctuality {
    const [first = 0] = this.#times
    // As far from the nearest tick of the first poll's: between minus half an interval and half of one.
    const offsets = this.#times.map(it => {
      const sinceMs = it - first
      return sinceMs - Math.round(sinceMs / intervalMs) * intervalMs
    })
    const placeMs = percentile(offsets, PLACE_SHARE)
    const delaysMs = offsets.map(it => Math.max(0, it - placeMs))
    const all = this.#before === undefined ? this.#times : [this.#before, ...this.#times]
    const gaps = all.slice(1).map((it, index) => it - (all[index] ?? it))
    return {
      ticks: this.#times.length,
      late: delaysMs.filter(it => it > LATE_MS).length,
      missed: gaps.reduce((sum, gapMs) => sum + missedIn(gapMs, intervalMs), 0),
      delaysMs,
    }
  }
}

/** Ticks without a poll: none came within an interval and a half. */
function missedIn(gapMs: number, intervalMs: number): number {
  return gapMs > 1.5 * intervalMs ? Math.round(gapMs / intervalMs) - 1 : 0
}
