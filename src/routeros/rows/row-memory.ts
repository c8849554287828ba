import { resized } from '../../accounting/columns/columns.ts'
import type { Row } from '../wire/sentence.ts'
import { type KnownSentences, OTHER, SHORT } from '../wire/words.ts'
import { RowBytes } from './row-bytes.ts'
import { type Cut, cutRow } from './row-cut.ts'
import { RowIndex } from './row-index.ts'
import { RowNumbers } from './row-numbers.ts'

/** A row that was not recognised by its bytes, and so was parsed in full. */
export interface ParsedRow {
  readonly number: number
  /** Whether the number belonged to another row, or to none, in the previous reply. */
  readonly isNew: boolean
  readonly row: Row
}

/** Receives the parsed rows of a reply as they come. */
export interface ParsedRowSink {
  /** Says whether to hold a row that was not in the previous reply. */
  admits(row: Row): boolean
  take(parsed: ParsedRow): void
}

/** Limit of adjacent missing rows that are skipped to find the next row. */
const LOOK_AHEAD = 4
/** Limit of rows with one hash that are compared. More have the same hash only on purpose, and count as new. */
const MOST_OF_A_HASH = 8
/** A longer row is parsed in full each time. Honest rows have a few hundred bytes. */
const MOST_ROW_BYTES = 4_096
const FIRST_ROWS = 16
const NEVER = 0

/**
 * Remembers the rows of one menu on a connection. A row keeps its number as long as every reply has it:
 *
 *     begin ── take: the next row, as in the previous reply │ add: any other row ──▶ end
 *
 * Rows are expected in their previous order. A row that comes elsewhere is found by a hash of its bytes.
 */
export class RowMemory implements KnownSentences {
  readonly #moving: readonly string[]
  readonly #mostBytes: number
  #bytes: RowBytes
  #by = {}
  #isOpen = false
  /** Numbers in the order of the previous reply, and of this one. */
  #before = new RowNumbers()
  #now = new RowNumbers()
  #free: number[] = []
  /** Places in the previous reply by hash; made when a row first comes out of order. */
  #places: ReadonlyMap<number, number[]> | undefined
  /** By property, for the previous reply. */
  #index: RowIndex | undefined
  #seenIn = new Int32Array(FIRST_ROWS)
  #reply = NEVER
  #capacity = 0
  #cursor = 0
  #numbers = new Int32Array(FIRST_ROWS)
  #values: Float64Array[]
  #known = 0
  #parsed: ParsedRow[] = []
  #sink: ParsedRowSink | undefined

  /**
   * @param moving the properties that change from reply to reply; `uptime` is a duration, the others are counts
   * @param mostBytes limit for the remembered rows together; further rows are parsed in full each time
   */
  constructor(moving: readonly string[], mostBytes: number) {
    this.#moving = moving
    this.#mostBytes = mostBytes
    this.#bytes = new RowBytes(moving)
    this.#values = moving.map(() => new Float64Array(FIRST_ROWS))
  }

  /** Identifies who gives the numbers; changes each time that everything is forgotten. */
  get by(): object {
    return this.#by
  }

  /** Numbers of the rows that were recognised. */
  get numbers(): Int32Array {
    return this.#numbers.subarray(0, this.#known)
  }

  /** Returns the values of one of their moving properties: seconds or a count. */
  values(moving: number): Float64Array {
    return (this.#values[moving] ?? new Float64Array()).subarray(0, this.#known)
  }

  /** Returns the parsed rows of a reply without a sink, once: their text is much larger than what is remembered. */
  takeParsed(): readonly ParsedRow[] {
    const parsed = this.#parsed
    this.#parsed = []
    return parsed
  }

  /** All numbers are below this one. */
  get capacity(): number {
    return this.#capacity
  }

  /** Checks whether a row is in the last reply. */
  has(number: number): boolean {
    return this.#seenIn[number] === this.#reply
  }

  /** Returns all properties of a recognised row except the moving ones, which are in `values`. */
  rowAt(place: number): Row {
    return this.#bytes.row(this.#numbers[place] ?? 0)
  }

  /** Returns the first rows of the last complete reply whose property is `value`: at most two. */
  find(property: string, value: string): readonly number[] {
    this.#index ??= new RowIndex(this.#bytes, this.#before.values())
    return this.#index.find(property, value)
  }

  /** Forgets all rows, because rows that were never delivered to the caller must not count as known. */
  forget(): void {
    this.#by = {}
    this.#bytes = new RowBytes(this.#moving)
    this.#before.clear()
    this.#index = undefined
    this.#free = []
    this.#capacity = 0
    this.#isOpen = false
  }

  /** Begins a reply. @param sink receives the parsed rows; without it they are kept for `takeParsed` */
  begin(sink?: ParsedRowSink): void {
    // The previous reply never ended.
    if (this.#isOpen) this.forget()
    this.#isOpen = true
    this.#reply++
    this.#sink = sink
    this.#cursor = 0
    this.#known = 0
    this.#now.clear()
    this.#parsed = []
    this.#places = undefined
  }

  /** Ends a complete reply: rows that it lacks are forgotten, and their numbers are free from the next reply on. */
  end(): void {
    for (const number of this.#before.values())
      if (!this.has(number)) {
        this.#bytes.drop(number)
        this.#free.push(number)
      }
    const before = this.#before
    this.#before = this.#now
    this.#now = before
    this.#places = undefined
    this.#index = undefined
    this.#sink = undefined
    this.#isOpen = false
  }

  /** @returns the offset after the row at `at`; SHORT if the bytes end before it does; OTHER if it is not recognised */
  take(bytes: Buffer, at: number): number {
    const last = Math.min(this.#cursor + LOOK_AHEAD, this.#before.length - 1)
    for (let place = this.#cursor; place <= last; place++) {
      const number = this.#before.at(place)
      if (this.has(number)) continue
      const end = this.#bytes.match(bytes, at, number)
      if (end === OTHER) continue
      if (end === SHORT) return SHORT
      this.#cursor = place + 1
      this.#noteKnown(number)
      return end
    }
    return OTHER
  }

  /** Adds a row that `take` did not recognise. @param words of the complete sentence */
  add(words: readonly Buffer[], row: Row): void {
    const cut = cutRow(words, this.#bytes.keys, MOST_ROW_BYTES)
    const place = cut && this.#placeOf(cut)
    if (place !== undefined) {
      this.#cursor = place + 1
      this.#note({ number: this.#before.at(place), isNew: false, row })
      return
    }
    if (this.#sink?.admits(row) === false) return
    const number = this.#free.pop() ?? this.#capacity++
    if (cut && this.#bytes.live + cut.bytes.length <= this.#mostBytes) this.#bytes.put(number, cut)
    this.#note({ number, isNew: true, row })
  }

  /** Returns the place that an out-of-order row had in the previous reply. */
  #placeOf(cut: Cut): number | undefined {
    this.#places ??= this.#placesByHash()
    const places = this.#places.get(cut.hash) ?? []
    while (places.length > 0 && this.has(this.#before.at(places.at(-1) ?? 0))) places.pop()
    for (let index = places.length - 1; index >= 0 && index >= places.length - MOST_OF_A_HASH; index--) {
      const place = places[index] ?? 0
      const number = this.#before.at(place)
      if (!this.has(number) && this.#bytes.isSame(number, cut)) return place
    }
    return undefined
  }

  /** Returns the places of the previous reply by hash, the first place last. */
  #placesByHash(): ReadonlyMap<number, number[]> {
    const places = new Map<number, number[]>()
    for (let place = this.#before.length - 1; place >= 0; place--) {
      const hash = this.#bytes.hash(this.#before.at(place))
      const others = places.get(hash)
      if (others) others.push(place)
      else places.set(hash, [place])
    }
    return places
  }

  #note(parsed: ParsedRow): void {
    this.#see(parsed.number)
    if (this.#sink) this.#sink.take(parsed)
    else this.#parsed.push(parsed)
  }

  #noteKnown(number: number): void {
    this.#see(number)
    if (this.#known === this.#numbers.length) this.#makeRoom()
    this.#numbers[this.#known] = number
    for (let moving = 0; moving < this.#values.length; moving++) {
      const values = this.#values[moving]
      if (values) values[this.#known] = this.#bytes.values[moving] ?? 0
    }
    this.#known++
  }

  #see(number: number): void {
    if (number >= this.#seenIn.length) {
      const seenIn = new Int32Array(Math.max(number + 1, 2 * this.#seenIn.length))
      seenIn.set(this.#seenIn)
      this.#seenIn = seenIn
    }
    this.#seenIn[number] = this.#reply
    this.#now.push(number)
  }

  #makeRoom(): void {
    const numbers = new Int32Array(2 * this.#numbers.length)
    numbers.set(this.#numbers)
    this.#numbers = numbers
    this.#values = this.#values.map(values => resized(values, 2 * values.length))
  }
}
