/** Counts the distinct names in some sets. Sets that were also in the previous call cost nothing. */
export class DistinctNames {
  readonly #holders = new Map<string, number>()
  #sets: ReadonlySet<ReadonlySet<string>> = new Set()

  /** @param sets must not change after they were passed */
  count(sets: Iterable<ReadonlySet<string>>): number {
    const before = this.#sets
    this.#sets = new Set(sets)
    for (const set of this.#sets) if (!before.has(set)) this.#add(set)
    for (const set of before) if (!this.#sets.has(set)) this.#remove(set)
    return this.#holders.size
  }

  #add(set: ReadonlySet<string>): void {
    for (const name of set) this.#holders.set(name, (this.#holders.get(name) ?? 0) + 1)
  }

  #remove(set: ReadonlySet<string>): void {
    for (const name of set) {
      const holders = this.#holders.get(name) ?? 0
      if (holders > 1) this.#holders.set(name, holders - 1)
      else this.#holders.delete(name)
    }
  }
}
