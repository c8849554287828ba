import { boundedValue } from '../menus/bounded-text.ts'
import { parseSentence, type Row } from '../wire/sentence.ts'
import { decodeText } from '../wire/text.ts'
import { decodeLength, lengthOfPrefix, OTHER, SHORT } from '../wire/words.ts'
import { readCount, readDuration } from './plain-values.ts'
import type { Cut } from './row-cut.ts'

/*
 * The fast path: most rows of a menu are the same as in the previous reply, and only their numbers are parsed.
 *
 *     row    = word* 0                                                like every sentence
 *     word   = length bytes
 *     moving = length "=uptime=" duration | length "=bytes-in=" count | …
 *
 * A row is recognised if every byte is as remembered, except for the values of its moving words, and if these values
 * are plain: a length of one byte, and `1w2d3h4m5s` or up to 15 digits. The runs of bytes around them are remembered:
 *
 *     run 0 · moving · run 1 · moving · … · run n · 0
 *
 * Words may be missing and may have any order. Every other row takes the general path.
 */

const FIRST_ROWS = 16
const FIRST_BYTES = 1_024

/** Remembers the bytes of rows by their numbers, and compares rows with them. */
export class RowBytes {
  /** Values of the moving words of the row that was matched last: seconds or a count. */
  readonly values: Float64Array
  /** The first bytes of the moving words, such as `=uptime=`. */
  readonly keys: readonly Buffer[]
  readonly #isDuration: readonly boolean[]
  readonly #layouts: (readonly number[] | undefined)[] = []
  readonly #knownLayouts: (readonly number[])[] = []
  #bytes = Buffer.alloc(FIRST_BYTES)
  #used = 0
  #live = 0
  #starts = new Int32Array(FIRST_ROWS)
  #hashes = new Int32Array(FIRST_ROWS)
  #runs: Int32Array

  /** @param moving names of properties; `uptime` is a duration, the others are counts */
  constructor(moving: readonly string[]) {
    this.keys = moving.map(name => Buffer.from(`=${name}=`))
    this.#isDuration = moving.map(name => name === 'uptime')
    this.values = new Float64Array(moving.length)
    this.#runs = new Int32Array(FIRST_ROWS * (moving.length + 1))
  }

  /** Number of bytes of all rows. */
  get live(): number {
    return this.#live
  }

  put(number: number, { bytes, lengths, layout, hash }: Cut): void {
    this.#makeRoom(number, bytes.length)
    this.#starts[number] = this.#used
    this.#hashes[number] = hash
    this.#layouts[number] = this.#sameLayout(layout)
    for (const [index, length] of lengths.entries()) this.#runs[number * lengths.length + index] = length
    this.#used += bytes.copy(this.#bytes, this.#used)
    this.#live += bytes.length
  }

  drop(number: number): void {
    if (!this.#layouts[number]) return
    this.#layouts[number] = undefined
    this.#live -= this.#lengthOf(number)
  }

  hash(number: number): number {
    return this.#hashes[number] ?? 0
  }

  isSame(number: number, { bytes, lengths, layout }: Cut): boolean {
    return (
      this.#layouts[number] === this.#sameLayout(layout) &&
      lengths.every((length, index) => this.#runs[number * lengths.length + index] === length) &&
      this.#bytesOf(number).equals(bytes)
    )
  }

  /**
   * Reads a property that does not move, as text. If it comes twice, the last one counts, as in `parseSentence`.
   * @param key the first bytes of its word, for callers that look it up in many rows
   */
  valueOf(number: number, property: string, key = Buffer.from(`=${property}=`)): string | undefined {
    const bytes = this.#bytesOf(number)
    let value: string | undefined
    eachWord(bytes, (start, end) => {
      if (isAt(bytes, start, end, key))
        value = boundedValue(property, decodeText(bytes, start + key.length, end))
    })
    return value
  }

  /** Returns all properties except the moving ones. */
  row(number: number): Row {
    const bytes = this.#bytesOf(number)
    const words: Buffer[] = []
    eachWord(bytes, (start, end) => words.push(bytes.subarray(start, end)))
    return parseSentence(words).row
  }

  /**
   * Compares the row at `at` with a remembered one, and puts its moving words into `values`.
   * @returns the offset after the row; SHORT if the bytes end before it does; OTHER if it is another row
   */
  match(bytes: Buffer, at: number, number: number): number {
    const layout = this.#layouts[number]
    if (!layout) return OTHER
    const runs = layout.length + 1
    const remembered = this.#bytes
    let known = this.#starts[number] ?? 0
    let offset = at
    for (let run = 0; run < runs; run++) {
      const runEnd = known + (this.#runs[number * runs + run] ?? 0)
      for (; known < runEnd; known++, offset++) {
        if (offset === bytes.length) return SHORT
        if (bytes[offset] !== remembered[known]) return OTHER
      }
      if (run === layout.length) break
      offset = this.#readMoving(bytes, offset, layout[run] ?? 0)
      if (offset < 0) return offset
    }
    if (offset === bytes.length) return SHORT
    return bytes[offset] === 0 ? offset + 1 : OTHER
  }

  #readMoving(bytes: Buffer, at: number, moving: number): number {
    if (at === bytes.length) return SHORT
    const length = bytes[at] ?? 0
    const key = this.keys[moving]
    if (!key || length >= 0x80 || length <= key.length) return OTHER
    const end = at + 1 + length
    if (end > bytes.length) return SHORT
    let offset = at + 1
    for (let index = 0; index < key.length; index++) if (bytes[offset++] !== key[index]) return OTHER
    const value = this.#isDuration[moving] ? readDuration(bytes, offset, end) : readCount(bytes, offset, end)
    if (value < 0) return OTHER
    this.values[moving] = value
    return end
  }

  /** Returns one array for equal layouts. Rows have only a few different ones. */
  #sameLayout(layout: readonly number[]): readonly number[] {
    const known = this.#knownLayouts.find(it => it.every((moving, place) => moving === layout[place]))
    if (known) return known
    this.#knownLayouts.push(layout)
    return layout
  }

  #bytesOf(number: number): Buffer {
    const start = this.#starts[number] ?? 0
    return this.#bytes.subarray(start, start + this.#lengthOf(number))
  }

  #lengthOf(number: number): number {
    const runs = this.keys.length + 1
    let length = 0
    for (let run = number * runs; run < (number + 1) * runs; run++) length += this.#runs[run] ?? 0
    return length
  }

  #makeRoom(number: number, needed: number): void {
    if (number >= this.#starts.length) {
      const starts = new Int32Array(Math.max(number + 1, 2 * this.#starts.length))
      const hashes = new Int32Array(starts.length)
      const lengths = new Int32Array(starts.length * (this.keys.length + 1))
      starts.set(this.#starts)
      hashes.set(this.#hashes)
      lengths.set(this.#runs)
      this.#starts = starts
      this.#hashes = hashes
      this.#runs = lengths
    }
    if (this.#used + needed > this.#bytes.length) this.#move(needed)
  }

  /** Moves the rows to a buffer with room, without those that were dropped. */
  #move(needed: number): void {
    const bytes = Buffer.alloc(Math.max(FIRST_BYTES, Math.ceil(1.5 * (this.#live + needed))))
    let used = 0
    for (let number = 0; number < this.#layouts.length; number++) {
      if (!this.#layouts[number]) continue
      const start = this.#starts[number] ?? 0
      const length = this.#lengthOf(number)
      this.#bytes.copy(bytes, used, start, start + length)
      this.#starts[number] = used
      used += length
    }
    this.#bytes = bytes
    this.#used = used
  }
}

/** Calls `take` with the bounds of each word of a row. */
function eachWord(bytes: Buffer, take: (start: number, end: number) => void): void {
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at] ?? 0
    const start = at + lengthOfPrefix(first)
    at = start + decodeLength(bytes, at, first, start - at)
    take(start, at)
  }
}

/** Checks whether a word begins with a key. */
function isAt(bytes: Buffer, start: number, end: number, key: Buffer): boolean {
  if (end - start < key.length) return false
  for (let index = 0; index < key.length; index++) if (bytes[start + index] !== key[index]) return false
  return true
}
