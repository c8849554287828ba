import type { RowBytes } from './row-bytes.ts'

/** Callers need one row, or want to know whether there is a second one. */
const MOST_ALIKE = 2

/**
 * Remembered rows by the value of a property. An index looks at each row once and is valid for one reply. So each row
 * is looked at once however many values are looked up, for example when 20,000 users log out at the same time.
 */
export class RowIndex {
  readonly #bytes: RowBytes
  readonly #rows: Int32Array
  readonly #byProperty = new Map<string, ReadonlyMap<string, readonly number[]>>()

  /** @param rows numbers of rows, in the order in which `find` returns them */
  constructor(bytes: RowBytes, rows: Int32Array) {
    this.#bytes = bytes
    this.#rows = rows
  }

  /** Returns the first rows whose property is `value`: at most two. */
  find(property: string, value: string): readonly number[] {
    const known = this.#byProperty.get(property)
    const index = known ?? this.#indexOf(property)
    if (!known) this.#byProperty.set(property, index)
    return index.get(value) ?? []
  }

  #indexOf(property: string): ReadonlyMap<string, readonly number[]> {
    const index = new Map<string, number[]>()
    const key = Buffer.from(`=${property}=`)
    for (const number of this.#rows) {
      const value = this.#bytes.valueOf(number, property, key)
      if (value === undefined) continue
      const others = index.get(value)
      if (!others) index.set(value, [number])
      else if (others.length < MOST_ALIKE) others.push(number)
    }
    return index
  }
}
