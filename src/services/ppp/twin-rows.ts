const NONE: ReadonlySet<number> = new Set()

/**
 * Finds rows of one answer with the same `.id` and name. They are the same interface, and the largest of their counters
 * count (rule 21, docs/accounting.md). An interface with the same name and another `.id` came while the answer was
 * printed. Rows are identified by their numbers.
 */
export class TwinRows {
  /** The interface of each row by number, and the latest row of each interface. */
  readonly #interfaces: string[] = []
  readonly #latest = new Map<string, number>()
  /** Rows that were parsed in full in this answer. */
  #fresh: number[] = []
  /** The further rows of an interface, each with its first row. */
  #firsts: Map<number, number> | undefined
  #twice: ReadonlySet<number> = NONE

  /**
   * Notes a row that was parsed in full.
   * @param key the same for all rows of one interface
   */
  note(number: number, key: string): void {
    const before = this.#interfaces[number]
    if (before !== undefined && this.#latest.get(before) === number) this.#latest.delete(before)
    this.#interfaces[number] = key
    this.#fresh.push(number)
  }

  /**
   * Gives all rows of an interface the counters of the row that moved most. Called when the answer is complete.
   * @param isThere whether a row is in this answer
   * @param upload by number, like `download`
   */
  level(isThere: (number: number) => boolean, upload: Float64Array, download: Float64Array): void {
    for (const number of this.#fresh) this.#pair(number, isThere)
    this.#fresh = []
    this.#twice = NONE
    if (this.#firsts) this.#levelPairs(this.#firsts, isThere, upload, download)
  }

  #levelPairs(
    firsts: Map<number, number>,
    isThere: (number: number) => boolean,
    upload: Float64Array,
    download: Float64Array,
  ): void {
    const sumOf = (number: number) => (upload[number] ?? 0) + (download[number] ?? 0)
    const copy = (from: number, to: number) => {
      upload[to] = upload[from] ?? Number.NaN
      download[to] = download[from] ?? Number.NaN
    }
    for (const [number, first] of firsts)
      if (!isThere(number) || !isThere(first) || !this.#isSame(number, first)) firsts.delete(number)
      else if (sumOf(number) > sumOf(first) || Number.isNaN(sumOf(first))) copy(number, first)
    for (const [number, first] of firsts) copy(first, number)
    if (firsts.size === 0) this.#firsts = undefined
    else this.#twice = new Set([...firsts].flat())
  }

  /** Returns the first row of the same interface; the row itself if it is the only one. */
  firstOf(number: number): number {
    return this.#firsts?.get(number) ?? number
  }

  /** Whether the last answer had the interface in several rows. */
  isTwice(number: number): boolean {
    return this.#twice.has(number)
  }

  forget(): void {
    this.#interfaces.length = 0
    this.#latest.clear()
    this.#fresh = []
    this.#firsts = undefined
    this.#twice = NONE
  }

  #pair(number: number, isThere: (number: number) => boolean): void {
    const key = this.#interfaces[number] ?? ''
    const other = this.#latest.get(key)
    this.#firsts?.delete(number)
    // Numbers are reused: the other one may belong to another interface by now.
    if (other !== undefined && other !== number && isThere(other) && this.#isSame(number, other)) {
      const first = this.firstOf(other)
      if (first !== number) {
        this.#firsts ??= new Map()
        this.#firsts.set(number, first)
      }
    }
    this.#latest.set(key, number)
  }

  #isSame(number: number, other: number): boolean {
    return this.#interfaces[number] === this.#interfaces[other]
  }
}
