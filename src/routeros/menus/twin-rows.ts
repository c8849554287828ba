/**
 * Rows of one answer that have the same `.id` and name, and so can only be the same interface: of their counters the
 * largest count (rule 21, docs/accounting.md). An interface of the same name and another `.id` came while the answer was
 * printed. Rows are known by their numbers.
 */
export class TwinRows {
  /** The latest row of each interface, and the interface of each row. */
  readonly #latest = new Map<string, number>()
  readonly #interfaces: string[] = []
  /** Rows beside the first of their interface, and that one. */
  readonly #firsts = new Map<number, number>()
  readonly #twice = new Set<number>()

  /**
   * Notes a row that was told whole.
   * @param its what only rows of one interface have in common
   * @param isThere whether a row is in this answer
   */
  note(number: number, its: string, isThere: (number: number) => boolean): void {
    const before = this.#interfaces[number]
    if (before !== undefined && this.#latest.get(before) === number) this.#latest.delete(before)
    const other = this.#latest.get(its)
    this.#firsts.delete(number)
    if (other !== undefined && other !== number && isThere(other) && this.firstOf(other) !== number)
      this.#firsts.set(number, this.firstOf(other))
    this.#latest.set(its, number)
    this.#interfaces[number] = its
  }

  /** The first row of the same interface; the row itself where it is the only one. */
  firstOf(number: number): number {
    return this.#firsts.get(number) ?? number
  }

  /** Whether the last answer had the interface in several rows. */
  isTwice(number: number): boolean {
    return this.#twice.has(number)
  }

  /** The answer is complete: all rows of an interface get the counters of the one that has moved most, by number. */
  level(isThere: (number: number) => boolean, upload: Float64Array, download: Float64Array): void {
    this.#twice.clear()
    const sumOf = (number: number) => (upload[number] ?? 0) + (download[number] ?? 0)
    const copy = (from: number, to: number) => {
      upload[to] = upload[from] ?? Number.NaN
      download[to] = download[from] ?? Number.NaN
    }
    for (const [number, first] of this.#firsts)
      if (!isThere(number) || !isThere(first)) this.#firsts.delete(number)
      else if (sumOf(number) > sumOf(first) || Number.isNaN(sumOf(first))) copy(number, first)
    for (const [number, first] of this.#firsts) {
      copy(first, number)
      this.#twice.add(number).add(first)
    }
  }

  forget(): void {
    this.#latest.clear()
    this.#interfaces.length = 0
    this.#firsts.clear()
    this.#twice.clear()
  }
}
