/** Bytes that this release never writes: of another version, or damaged in a way that no checksum detected. */
export class MalformedRecord extends Error {
  override readonly name = 'MalformedRecord'
}

/** Reads what a `ByteWriter` wrote. All methods throw MalformedRecord if the bytes end too early or make no sense. */
export class ByteReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  byte(): number {
    const byte = this.#bytes[this.#at++]
    if (byte === undefined) throw new MalformedRecord('ends too early')
    return byte
  }

  flag(): boolean {
    return this.byte() === 1
  }

  varint(): number {
    let value = 0
    for (let factor = 1; ; factor *= 0x80) {
      const byte = this.byte()
      value += (byte & 0x7f) * factor
      if (!Number.isSafeInteger(value)) throw new MalformedRecord('a count beyond 2^53')
      if (byte < 0x80) return value
    }
  }

  number(): number {
    const next = this.varint()
    return next > 0 ? next - 1 : this.#take(8).readDoubleLE()
  }

  string(): string {
    const head = this.varint()
    return this.#take(Math.floor(head / 2)).toString(head % 2 === 1 ? 'utf16le' : 'utf8')
  }

  /** One of `choices`, by its index in a byte. */
  choice<T>(choices: readonly T[]): T {
    const index = this.byte()
    const choice = choices[index]
    if (choice === undefined) throw new MalformedRecord(`no choice ${index} of ${choices.length}`)
    return choice
  }

  /** A number of items, which a varint before them gives. */
  *items<T>(read: () => T): Iterable<T> {
    for (let left = this.varint(); left > 0; left--) yield read()
  }

  #take(bytes: number): Buffer {
    const end = this.#at + bytes
    if (end > this.#bytes.length) throw new MalformedRecord('ends too early')
    const taken = this.#bytes.subarray(this.#at, end)
    this.#at = end
    return taken
  }
}
