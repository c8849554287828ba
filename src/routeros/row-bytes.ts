import { readCount, readDuration } from './plain-values.ts'
import { parseSentence, type Row } from './sentence.ts'
import { encodeLength, encodeWord, OTHER, SentenceDecoder, SHORT } from './words.ts'

/*
 * The fast path: rows of a menu as they were in the reply before, so that of most of them only numbers are read.
 *
 *     row    = word* 0                                                as every sentence
 *     word   = length bytes
 *     moving = length "=uptime=" duration | length "=bytes-in=" count | …
 *
 * A row is as remembered where every byte of it is, but for the values of its moving words, and these are plain: a
 * length of one byte, `1w2d3h4m5s`, up to 15 digits. What is remembered are the runs of bytes around them:
 *
 *     run 0 · moving · run 1 · moving · … · run n · 0
 *
 * Nothing is assumed of the order of words or of which are there. Every other row takes the general path.
 */

const FIRST_ROWS = 16
const FIRST_BYTES = 1_024
const END_OF_SENTENCE = Buffer.of(0)

/** A row without the values of its moving words. */
export interface Cut {
  readonly runs: readonly Buffer[]
  /** Which moving word is between the runs, by its place among all that move. */
  readonly layout: readonly number[]
  /** The same for few other rows. */
  readonly hash: number
}

/** Rows by number, and their comparing. */
export class RowBytes {
  /** Of the moving words of the row that was matched last: seconds, or a count. */
  readonly values: Float64Array
  readonly #keys: readonly Buffer[]
  readonly #isDuration: readonly boolean[]
  readonly #layouts: (readonly number[] | undefined)[] = []
  #bytes = Buffer.alloc(FIRST_BYTES)
  #used = 0
  #live = 0
  #starts = new Int32Array(FIRST_ROWS)
  #hashes = new Int32Array(FIRST_ROWS)
  #runs: Int32Array

  /** @param moving names of properties; `uptime` is a duration, all others are counts */
  constructor(moving: readonly string[]) {
    this.#keys = moving.map(name => Buffer.from(`=${name}=`))
    this.#isDuration = moving.map(name => name === 'uptime')
    this.values = new Float64Array(moving.length)
    this.#runs = new Int32Array(FIRST_ROWS * (moving.length + 1))
  }

  /** @returns `undefined` for a row in which a moving word is missing, or comes twice */
  cut(words: readonly Buffer[]): Cut | undefined {
    const runs: Buffer[][] = [[]]
    const layout: number[] = []
    for (const word of words) {
      const moving = this.#keys.findIndex(key => word.subarray(0, key.length).equals(key))
      if (moving < 0) runs.at(-1)?.push(encodeLength(word.length), word)
      else if (layout.includes(moving)) return undefined
      else {
        layout.push(moving)
        runs.push([])
      }
    }
    if (layout.length < this.#keys.length) return undefined
    const joined = runs.map(parts => Buffer.concat(parts))
    return { runs: joined, layout, hash: hashOf(joined) }
  }

  put(number: number, { runs, layout, hash }: Cut): void {
    this.#makeRoom(number, runs)
    this.#starts[number] = this.#used
    this.#hashes[number] = hash
    this.#layouts[number] = this.#layouts.find(it => it?.join() === layout.join()) ?? layout
    for (const [index, run] of runs.entries()) {
      this.#runs[number * runs.length + index] = run.length
      this.#used += run.copy(this.#bytes, this.#used)
      this.#live += run.length
    }
  }

  drop(number: number): void {
    if (!this.#layouts[number]) return
    this.#layouts[number] = undefined
    this.#live -= this.#lengthOf(number)
  }

  hash(number: number): number {
    return this.#hashes[number] ?? 0
  }

  isSame(number: number, { runs, layout }: Cut): boolean {
    if (this.#layouts[number]?.join() !== layout.join()) return false
    return this.#runsOf(number).every((run, index) => runs[index]?.equals(run))
  }

  /** Which of these rows has a word that does not move. */
  find(word: Buffer, numbers: Int32Array): number | undefined {
    const sought = encodeWord(word)
    for (let at = this.#find(sought, 0); at >= 0; at = this.#find(sought, at + 1)) {
      const offset = at
      const number = numbers.find(it => {
        const start = this.#starts[it] ?? 0
        return this.#layouts[it] !== undefined && start <= offset && offset < start + this.#lengthOf(it)
      })
      // What was dropped is there until it is written over.
      if (number !== undefined) return number
    }
    return undefined
  }

  #find(sought: Buffer, from: number): number {
    return this.#bytes.subarray(0, this.#used).indexOf(sought, from)
  }

  /** All properties but the moving ones. */
  row(number: number): Row {
    let row: Row = new Map()
    const decoder = new SentenceDecoder({
      maxWordBytes: this.#bytes.length,
      onSentence: words => {
        row = parseSentence(words).row
      },
    })
    decoder.push(Buffer.concat([...this.#runsOf(number), END_OF_SENTENCE]))
    return row
  }

  /** @returns the offset behind the row at `at`, with its `values`; or SHORT, or OTHER */
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
    const key = this.#keys[moving]
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

  #runsOf(number: number): readonly Buffer[] {
    const count = this.#keys.length + 1
    let start = this.#starts[number] ?? 0
    return Array.from({ length: count }, (_, index) => {
      const end = start + (this.#runs[number * count + index] ?? 0)
      const run = this.#bytes.subarray(start, end)
      start = end
      return run
    })
  }

  #lengthOf(number: number): number {
    return this.#runsOf(number).reduce((sum, run) => sum + run.length, 0)
  }

  #makeRoom(number: number, runs: readonly Buffer[]): void {
    if (number >= this.#starts.length) {
      const starts = new Int32Array(Math.max(number + 1, 2 * this.#starts.length))
      const hashes = new Int32Array(starts.length)
      const lengths = new Int32Array(starts.length * runs.length)
      starts.set(this.#starts)
      hashes.set(this.#hashes)
      lengths.set(this.#runs)
      this.#starts = starts
      this.#hashes = hashes
      this.#runs = lengths
    }
    const needed = runs.reduce((sum, run) => sum + run.length, 0)
    if (this.#used + needed > this.#bytes.length) this.#move(needed)
  }

  /** To a buffer with room, without what was dropped. */
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

/** FNV-1a. */
function hashOf(runs: readonly Buffer[]): number {
  let hash = 0x811c9dc5
  for (const run of runs) for (const byte of run) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash
}
