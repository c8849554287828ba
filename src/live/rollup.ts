import { addSums, addToSum, type ByteSum, type Bytes, NO_SUM } from '../accounting/bytes.ts'

/** Number of days kept separately; older bytes are only in the total. Two months, so that this month is complete. */
const DAYS_KEPT = 62

/** A router's bytes in total and by day, for `data_usage`, this month and today (docs/accounting.md rule 16). */
export class Rollup {
  #total: ByteSum
  readonly #days: Map<string, ByteSum>
  #lastDecision: number

  /**
   * @param days sums by day name (`2026-11-24`), at least those of the current month
   * @param lastDecision id of the last decision on an event that is included; ids of decisions grow
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

  /** Adds the bytes of an accepted event, unless they are included already. @param decision id of the decision */
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
