import { resized } from '../../accounting/columns/columns.ts'
import type { Row } from '../wire/sentence.ts'
import { type KnownSentences, OTHER, SHORT } from '../wire/words.ts'
import { RowBytes } from './row-bytes.ts'
import { type Cut, cutRow } from './row-cut.ts'
import { RowIndex } from './row-index.ts'
import { RowNumbers } from './row-numbers.ts'

/** A row that was not known by its bytes. */
export interface WholeRow {
  readonly number: number
  /** Whether the number is another row's from now on. */
  readonly isNew: boolean
  readonly row: Row
}

/** Whoever takes the rows of a reply that are not known by their bytes, as they come. */
export interface WholeRows {
  /** Whether a row that was not in the reply before is worth holding. */
  admits(row: Row): boolean
  take(whole: WholeRow): void
}

/** So many rows that went away, one beside the other, are passed by. */
const LOOK_AHEAD = 4
/** So many rows of a hash are compared: more have it only where somebody made them so, and count as new. */
const MOST_OF_A_HASH = 8
/** A longer row is told whole each time. Honest ones have some hundred bytes. */
const MOST_ROW_BYTES = 4_096
const FIRST_ROWS = 16
const NEVER = 0

/**
 * What a connection remembers of the rows of one menu. Each has a number for as long as it comes in every reply:
 *
 *     begin ── take: the next row as it was in the reply before │ add: any other row ──▶ end
 *
 * Rows are looked for in the order they had, and a row that is not there, by all of its bytes.
 */
export class RowMemory implements KnownSentences {
  readonly #moving: readonly string[]
  readonly #mostBytes: number
  #bytes: RowBytes
  #by = {}
  #isOpen = false
  /** Numbers in the order of the reply before, and of this one. */
  #before = new RowNumbers()
  #now = new RowNumbers()
  #free: number[] = []
  /** In the reply before, as soon as a row is not where it should be. */
  #places: ReadonlyMap<number, number[]> | undefined
  /** Of the reply before. */
  #index: RowIndex | undefined
  #seenIn = new Int32Array(FIRST_ROWS)
  #reply = NEVER
  #capacity = 0
  #cursor = 0
  #numbers = new Int32Array(FIRST_ROWS)
  #values: Float64Array[]
  #known = 0
  #wholes: WholeRow[] = []
  #into: WholeRows | undefined

  /**
   * @param moving the properties that are not the same in each reply; `uptime` is a duration, all others are counts
   * @param mostBytes of all rows that are remembered; those that come then are told whole each time
   */
  constructor(moving: readonly string[], mostBytes: number) {
    this.#moving = moving
    this.#mostBytes = mostBytes
    this.#bytes = new RowBytes(moving)
    this.#values = moving.map(() => new Float64Array(FIRST_ROWS))
  }

  /** Who gives the numbers: another one each time that all is forgotten. */
  get by(): object {
    return this.#by
  }

  /** Of the rows that were known. */
  get numbers(): Int32Array {
    return this.#numbers.subarray(0, this.#known)
  }

  /** What a moving property of theirs is: seconds, or a count. */
  values(moving: number): Float64Array {
    return (this.#values[moving] ?? new Float64Array()).subarray(0, this.#known)
  }

  /** The other rows of the last reply that nobody took, once: their text is many times what is kept. */
  takeWholes(): readonly WholeRow[] {
    const wholes = this.#wholes
    this.#wholes = []
    return wholes
  }

  /** All numbers are below it. */
  get capacity(): number {
    return this.#capacity
  }

  /** Whether a row is in the last reply. */
  has(number: number): boolean {
    return this.#seenIn[number] === this.#reply
  }

  /** All properties of a known row but the moving ones, of which only `values` are kept. */
  rowAt(place: number): Row {
    return this.#bytes.row(this.#numbers[place] ?? 0)
  }

  /** The rows of the last complete reply whose property is `value`: two at the most. */
  find(property: string, value: string): readonly number[] {
    this.#index ??= new RowIndex(this.#bytes, this.#before.values())
    return this.#index.find(property, value)
  }

  /** Of rows that nobody was told of, nothing may be taken as known. */
  forget(): void {
    this.#by = {}
    this.#bytes = new RowBytes(this.#moving)
    this.#before.clear()
    this.#index = undefined
    this.#free = []
    this.#capacity = 0
    this.#isOpen = false
  }

  /** @param into takes the rows that are not known; without one they are kept for `takeWholes` */
  begin(into?: WholeRows): void {
    // The one before broke off.
    if (this.#isOpen) this.forget()
    this.#isOpen = true
    this.#reply++
    this.#into = into
    this.#cursor = 0
    this.#known = 0
    this.#now.clear()
    this.#wholes = []
    this.#places = undefined
  }

  /** The reply is complete: what it lacks is forgotten, and those numbers are others' from the next one on. */
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
    this.#isOpen = false
  }

  /** @returns the offset behind the row at `at`; SHORT, where the bytes end before it does, or OTHER */
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

  /** @param words of the whole sentence */
  add(words: readonly Buffer[], row: Row): void {
    const cut = cutRow(words, this.#bytes.keys, MOST_ROW_BYTES)
    const place = cut && this.#placeOf(cut)
    if (place !== undefined) {
      this.#cursor = place + 1
      this.#note({ number: this.#before.at(place), isNew: false, row })
      return
    }
    if (this.#into?.admits(row) === false) return
    const number = this.#free.pop() ?? this.#capacity++
    if (cut && this.#bytes.live + cut.bytes.length <= this.#mostBytes) this.#bytes.put(number, cut)
    this.#note({ number, isNew: true, row })
  }

  /** Where in the reply before a row was that is not where it should be. */
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

  /** The first place of a hash is the last of its list. */
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

  #note(whole: WholeRow): void {
    this.#see(whole.number)
    if (this.#into) this.#into.take(whole)
    else this.#wholes.push(whole)
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
