const FIRST_BYTES = 65_536

/** Bytes to be sent, written one after the other. */
export class Output {
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES)
  /** How many there are so far; who wrote into `bytes` says so here. */
  length = 0

  /** As far as `length` they are written. */
  get bytes(): Buffer {
    return this.#bytes
  }

  /** Room for so many more. */
  reserve(more: number): void {
    const wanted = this.length + more
    if (wanted <= this.#bytes.length) return
    const grown = Buffer.allocUnsafeSlow(wanted * 2)
    grown.set(this.#bytes.subarray(0, this.length))
    this.#bytes = grown
  }

  /** A sentence of ASCII words. */
  sentence(...words: readonly (string | undefined)[]): void {
    for (const word of words) {
      if (word === undefined) continue
      this.reserve(word.length + 2)
      this.#bytes[this.length++] = shortLength(word)
      this.length += this.#bytes.write(word, this.length, 'latin1')
    }
    this.reserve(1)
    this.#bytes[this.length++] = 0
  }
}

/** Of a word whose length is told in one byte, as are all that are sent here. */
export function shortLength(word: string): number {
  if (word.length === 0 || word.length > 0x7f) throw new RangeError(`not a short word: ${word}`)
  return word.length
}
