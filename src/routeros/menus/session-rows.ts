import type { Admission } from '../../accounting/limits/admission.ts'
import type {
  BindingReading,
  KnownRows,
  MissingMenu,
  SessionReading,
  UnreadRow,
  Window,
} from '../../accounting/reading.ts'
import type { Asked } from '../wire/connection.ts'
import { beganAt } from './fields.ts'

/** A missing menu is asked for again after this time, because some packages start late. */
export const ASK_AGAIN_AFTER_MS = 180_000

/** The rows of a service's menus, and the steady milliseconds between which they were true. */
export interface SessionRows extends Asked {
  /** Rows that were parsed in full. */
  readonly rows: readonly SessionReading[]
  /** Their numbers, in the same order. */
  readonly numbers: readonly number[]
  /** Identifies who gave the numbers. */
  readonly by: object
  /** The other rows: they were recognised, and only their numbers were parsed. */
  readonly known: KnownRows
  readonly bindings: readonly BindingReading[]
  /** Rows that cannot be read. */
  readonly unread: readonly UnreadRow[]
  /** Number of rows beyond the limit. */
  readonly leftOut: number
}

/** The active sessions of one service, over one connection. */
export interface SessionMenu {
  /** Other menus that it needs and that the router refused when they were last asked for. */
  readonly missingMenus: readonly MissingMenu[]
  /**
   * Reads all sessions once.
   * @param admission says which rows to hold; all by default
   * @throws RouterError; the next answer is then parsed in full, because the caller did not get the rows of this one
   */
  read(admission?: Admission): Promise<SessionRows>
  /** Returns the number of the row with this `.id`. It is valid until the session ends; then another row gets it. */
  find(id: string): number | undefined
}

/** The rows of one answer by their numbers. Each row is looked at once, however many lookups there are. */
export class RowsByNumber {
  readonly #answer: SessionRows
  #parsed: ReadonlyMap<number, SessionReading> | undefined
  #places: ReadonlyMap<number, number> | undefined

  constructor(answer: SessionRows) {
    this.#answer = answer
  }

  /**
   * Returns the row as a session.
   * @returns `undefined` if there is none, or if the menu's next answer has overwritten the place of a known row
   */
  row(number: number): SessionReading | undefined {
    const place = this.#placeOf(number)
    return place === undefined ? this.#parsedRow(number) : this.#answer.known.row(place)
  }

  /** Returns the login of the session in a row, without building the session; `undefined` as for `row`. */
  login(number: number): Window | undefined {
    const place = this.#placeOf(number)
    return place === undefined
      ? this.#parsedRow(number)?.login
      : beganAt(this.#answer, this.#answer.known.uptimeSeconds[place] ?? Number.NaN)
  }

  #parsedRow(number: number): SessionReading | undefined {
    this.#parsed ??= this.#indexParsed()
    return this.#parsed.get(number)
  }

  /** @returns `undefined` unless it is the place of a known row, and still has it */
  #placeOf(number: number): number | undefined {
    this.#places ??= this.#indexPlaces()
    const place = this.#places.get(number)
    return place !== undefined && this.#answer.known.numbers[place] === number ? place : undefined
  }

  #indexParsed(): ReadonlyMap<number, SessionReading> {
    const { rows, numbers } = this.#answer
    const parsed = new Map<number, SessionReading>()
    for (const [index, row] of rows.entries()) parsed.set(numbers[index] ?? -1, row)
    return parsed
  }

  #indexPlaces(): ReadonlyMap<number, number> {
    const places = new Map<number, number>()
    for (const [place, number] of this.#answer.known.numbers.entries()) places.set(number, place)
    return places
  }
}
