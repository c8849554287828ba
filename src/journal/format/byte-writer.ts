const FIRST_CAPACITY = 64 * 1024
/** 2^53 in groups of seven bits. */
const LONGEST_VARINT = 8

/**
 * A buffer that grows.
 *
 *     varint   whole numbers from 0 to 2^53 − 1, seven bits a byte, the lowest first; the high bit means that more follow
 *     number   any number, exactly: varint(n + 1); if that is not possible, 0 and a double, the low byte first
 *     string   varint(bytes · 2) and UTF-8, or varint(bytes · 2 + 1) and UTF-16, which keeps unpaired surrogates
 */
export class ByteWriter {
  #bytes = Buffer.allocUnsafe(FIRST_CAPACITY)
  #length = 0

  get length(): number {
    return this.#length
  }

  clear(): void {
    this.#length = 0
  }

  /** The bytes from `start` on. Valid until the next write. */
  view(start = 0): Buffer {
    return this.#bytes.subarray(start, this.#length)
  }

  /** Leaves room for a number that becomes known later. */
  skip(bytes: number): void {
    this.#reserve(bytes)
    this.#length += bytes
  }

  putUint32(offset: number, value: number): void {
    this.#bytes.writeUInt32LE(value, offset)
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  byte(value: number): void {
    this.#reserve(1)
    this.#bytes[this.#length++] = value
  }

  flag(value: boolean): void {
    this.byte(value ? 1 : 0)
  }

  varint(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not a count: ${value}`)
    this.#reserve(LONGEST_VARINT)
    const bytes = this.#bytes
    let at = this.#length
    let rest = value
    for (; rest > 0x7fffffff; rest = Math.floor(rest / 0x80)) bytes[at++] = (rest % 0x80) | 0x80
    for (; rest > 0x7f; rest >>>= 7) bytes[at++] = (rest & 0x7f) | 0x80
    bytes[at++] = rest
    this.#length = at
  }

  number(value: number): void {
    if (Number.isSafeInteger(value) && value >= 0 && value < Number.MAX_SAFE_INTEGER && !Object.is(value, -0))
      this.varint(value + 1)
    else {
      this.#reserve(9)
      this.#bytes[this.#length] = 0
      this.#length = this.#bytes.writeDoubleLE(value, this.#length + 1)
    }
  }

  string(value: string): void {
    const isUnpaired = /\p{Surrogate}/u.test(value)
    const encoding = isUnpaired ? 'utf16le' : 'utf8'
    const bytes = Buffer.byteLength(value, encoding)
    this.varint(bytes * 2 + (isUnpaired ? 1 : 0))
    this.#reserve(bytes)
    this.#length += this.#bytes.write(value, this.#length, encoding)
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes
    if (needed <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2))
    this.#bytes.copy(larger, 0, 0, this.#length)
    this.#bytes = larger
  }
}
