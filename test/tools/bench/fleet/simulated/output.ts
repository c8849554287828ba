const FIRST_BYTES = 65_536

/** A buffer of bytes to be sent. */
export class Output {
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES)
  /** Number of bytes so far; code that writes to `bytes` updates it. */
  length = 0

  /** The buffer, which is filled up to `length`. */
  get bytes(): Buffer {
    return this.#bytes
  }

  /** Makes room for `more` bytes. */
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

/** The length of a word, which must fit into one byte as all words here do. */
export function shortLength(word: string): number {
  if (word.length === 0 || word.length > 0x7f) throw new RangeError(`not a short word: ${word}`)
  return word.length
}
