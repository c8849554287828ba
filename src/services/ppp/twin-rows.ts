/**
 * Rows of one answer that have the same `.id` and name, and so can only be the same interface: of their counters the
 * largest count (rule 21, docs/accounting.md). An interface of the same name and another `.id` came while the answer was
 * printed. Rows are known by their numbers.
 */
export class TwinRows {
  /** The interface of each row, and the latest row of each interface. */
  readonly #interfaces: string[] = []
  readonly #latest = new Map<string, number>()
  /** Rows that were told whole in this answer. */
  #fresh: number[] = []
  /** Rows beside the first of their interface, and that one. */
  readonly #firsts = new Map<number, number>()
  readonly #twice = new Set<number>()

  /** Notes a row that was told whole. @param its what only rows of one interface have in common */
  note(number: number, its: string): void {
    const before = this.#interfaces[number]
    if (before !== undefined && this.#latest.get(before) === number) this.#latest.delete(before)
    this.#interfaces[number] = its
    this.#fresh.push(number)
  }

  /**
   * The answer is complete: all rows of an interface get the counters of the one that has moved most.
   * @param isThere whether a row is in this answer
   * @param upload by number, as `download`
   */
  level(isThere: (number: number) => boolean, upload: Float64Array, download: Float64Array): void {
    for (const number of this.#fresh) this.#pair(number, isThere)
    this.#fresh = []
    this.#twice.clear()
    const sumOf = (number: number) => (upload[number] ?? 0) + (download[number] ?? 0)
    const copy = (from: number, to: number) => {
      upload[to] = upload[from] ?? Number.NaN
      download[to] = download[from] ?? Number.NaN
    }
    for (const [number, first] of this.#firsts)
      if (!isThere(number) || !isThere(first) || !this.#isSame(number, first)) this.#firsts.delete(number)
      else if (sumOf(number) > sumOf(first) || Number.isNaN(sumOf(first))) copy(number, first)
    for (const [number, first] of this.#firsts) {
      copy(first, number)
      this.#twice.add(number).add(first)
    }
  }

  /** The first row of the same interface; the row itself where it is the only one. */
  firstOf(number: number): number {
    return this.#firsts.get(number) ?? number
  }

  /** Whether the last answer had the interface in several rows. */
  isTwice(number: number): boolean {
    return this.#twice.has(number)
  }

  forget(): void {
    this.#interfaces.length = 0
    this.#latest.clear()
    this.#fresh = []
    this.#firsts.clear()
    this.#twice.clear()
  }

  #pair(number: number, isThere: (number: number) => boolean): void {
    const its = this.#interfaces[number] ?? ''
    const other = this.#latest.get(its)
    this.#firsts.delete(number)
    // Numbers are given anew in each answer: the other one may be another interface's by now.
    if (other !== undefined && other !== number && isThere(other) && this.#isSame(number, other)) {
      const first = this.firstOf(other)
      if (first !== number) this.#firsts.set(number, first)
    }
    this.#latest.set(its, number)
  }

  #isSame(number: number, other: number): boolean {
    return this.#interfaces[number] === this.#interfaces[other]
  }
}
