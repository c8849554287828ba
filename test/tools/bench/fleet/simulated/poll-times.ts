import { percentile } from '../../measure.ts'

/** A poll this long after its router's time in the interval is late. */
const LATE_MS = 100
/** A router's time is that of its early polls: one out of turn, after a reconnect, does not move it. */
const PLACE_SHARE = 0.1

export interface Punctuality {
  readonly ticks: number
  readonly late: number
  readonly missed: number
  /** Delay of each poll after its time. */
  readonly delaysMs: readonly number[]
}

/** The polls of one router. Its time in the interval is fixed but unknown, so it is derived from the polls. */
export class PollTimes {
  #times: number[] = []
  /** The last poll before recording began. */
  #before: number | undefined

  note(atMs: number): void {
    this.#times.push(atMs)
  }

  /** Starts recording. */
  begin(): void {
    this.#before = this.#times.at(-1)
    this.#times = []
  }

  /** @param intervalMs interval of the schedule */
  punctuality(intervalMs: number): Punctuality {
    const [first = 0] = this.#times
    // Offset from the nearest tick, counted from the first poll: between minus and plus half an interval.
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

/** Ticks without a poll, that is, without one for an interval and a half. */
function missedIn(gapMs: number, intervalMs: number): number {
  return gapMs > 1.5 * intervalMs ? Math.round(gapMs / intervalMs) - 1 : 0
}
