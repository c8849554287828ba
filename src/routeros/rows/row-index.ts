import type { RowBytes } from './row-bytes.ts'

/** Whoever asks wants to know of one row, or whether there is another. */
const MOST_ALIKE = 2

/**
 * Remembered rows by the value of a property. An index takes one look at each row and is good for one reply, so that
 * however many values are looked for, as when 20,000 users log out at once, a row is looked at once for all of them.
 */
export class RowIndex {
  readonly #bytes: RowBytes
  readonly #rows: Int32Array
  readonly #byProperty = new Map<string, ReadonlyMap<string, readonly number[]>>()

  /** @param rows their numbers, in the order in which they are to be found */
  constructor(bytes: RowBytes, rows: Int32Array) {
    this.#bytes = bytes
    this.#rows = rows
  }

  /** The first rows whose property is `value`: two at the most. */
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
