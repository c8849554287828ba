const FIRST_ROWS = 16

/** Numbers in the order of a reply's rows. The array is reused for later replies. */
export class RowNumbers {
  #numbers = new Int32Array(FIRST_ROWS)
  #length = 0

  get length(): number {
    return this.#length
  }

  /** @param place below the length */
  at(place: number): number {
    return this.#numbers[place] ?? 0
  }

  values(): Int32Array {
    return this.#numbers.subarray(0, this.#length)
  }

  push(number: number): void {
    if (this.#length === this.#numbers.length) {
      const numbers = new Int32Array(2 * this.#length)
      numbers.set(this.#numbers)
      this.#numbers = numbers
    }
    this.#numbers[this.#length++] = number
  }

  clear(): void {
    this.#length = 0
  }
}
