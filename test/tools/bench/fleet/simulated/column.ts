/** Numbers by index in one block, because objects for a million subscribers would cost too much garbage collection. */
export class Column {
  #values: Float64Array

  constructor(room: number) {
    this.#values = new Float64Array(room)
  }

  at(index: number): number {
    return this.#values[index] ?? Number.NaN
  }

  set(index: number, value: number): void {
    if (index >= this.#values.length) {
      const grown = new Float64Array(Math.ceil(index * 1.25) + 16)
      grown.set(this.#values)
      this.#values = grown
    }
    this.#values[index] = value
  }
}
