import { addSums, addToSum, type ByteSum, type Bytes, NO_SUM } from '../accounting/bytes.ts'

/** Days kept apart; what is older is only part of the total. Two months' worth, so that this month is whole. */
const DAYS_KEPT = 62

/** A router's bytes in all and by day, for `data_usage`, this month and today (docs/accounting.md rule 16). */
export class Rollup {
  #total: ByteSum
  readonly #days: Map<string, ByteSum>
  #lastDecision: number

  /**
   * @param days sums by day name (`2026-11-24`), at the least those of the current month
   * @param lastDecision the last decision on an event that is in it: each of them has a larger id than those before
   */
  constructor(
    total: ByteSum = NO_SUM,
    days: ReadonlyMap<string, ByteSum> = new Map(),
    lastDecision: number = 0,
  ) {
    this.#total = total
    this.#days = new Map(days)
    this.#lastDecision = lastDecision
  }

  add(day: string, bytes: Bytes): void {
    this.addSum(day, addToSum(NO_SUM, bytes))
  }

  addSum(day: string, bytes: ByteSum): void {
    this.#total = addSums(this.#total, bytes)
    const sum = this.#days.get(day)
    this.#days.set(day, addSums(sum ?? NO_SUM, bytes))
    if (sum === undefined && this.#days.size > DAYS_KEPT) this.#forgetOldest()
  }

  /** Adds what somebody decided to be counted after all, unless it is in it already. @param decision its id */
  credit(decision: number, day: string, bytes: ByteSum): void {
    if (decision <= this.#lastDecision) return
    this.#lastDecision = decision
    this.addSum(day, bytes)
  }

  get total(): ByteSum {
    return this.#total
  }

  /** @param day `2026-11-24` */
  day(day: string): ByteSum {
    return this.#days.get(day) ?? NO_SUM
  }

  /** @param month `2026-11` */
  month(month: string): ByteSum {
    let upload = 0n
    let download = 0n
    for (const [day, sum] of this.#days)
      if (day.startsWith(month)) {
        upload += sum.upload
        download += sum.download
      }
    return { upload, download }
  }

  #forgetOldest(): void {
    const days = [...this.#days.keys()].sort()
    for (const day of days.slice(0, days.length - DAYS_KEPT)) this.#days.delete(day)
  }
}
