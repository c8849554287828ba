import { onceMade } from '../../accounting/lazy.ts'
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

/** A menu that is not there may come later: some packages take their time. */
export const ASKED_AGAIN_MS = 180_000

/** What a service's menus told, and between which steady milliseconds it was true. */
export interface SessionRows extends Asked {
  /** Those that are told whole. */
  readonly rows: readonly SessionReading[]
  /** Their numbers, in the same order. */
  readonly numbers: readonly number[]
  /** Who gives the numbers. */
  readonly by: object
  /** The other rows. */
  readonly known: KnownRows
  readonly bindings: readonly BindingReading[]
  /** Rows that are skipped. */
  readonly unread: readonly UnreadRow[]
  /** How many rows were not let in. */
  readonly leftOut: number
}

/** The active sessions of one service, over one connection. */
export interface SessionMenu {
  /** Menus beside its own that the router refused when they were asked last. */
  readonly missingMenus: readonly MissingMenu[]
  /**
   * @param admission which rows are held; all unless told
   * @throws RouterError; then no row is known the next time, since nobody was told of this one's
   */
  read(admission?: Admission): Promise<SessionRows>
  /** The number of the row with an `.id`: good until the session ends, and then handed out again. */
  find(id: string): number | undefined
}

/** The rows of one answer by their numbers: each of its rows is looked at once, however many are asked for. */
export class RowsByNumber {
  readonly #answer: SessionRows
  readonly #wholes = onceMade(() => this.#indexWholes())
  readonly #places = onceMade(() => this.#indexPlaces())

  constructor(answer: SessionRows) {
    this.#answer = answer
  }

  /** The whole row. None of a known one either, once the menu's next answer has overwritten its place. */
  row(number: number): SessionReading | undefined {
    const { known } = this.#answer
    const place = this.#places().get(number)
    return place !== undefined && known.numbers[place] === number
      ? known.row(place)
      : this.#wholes().get(number)
  }

  /** When its session logged in, without making the row whole; of a number as `row` has it. */
  login(number: number): Window | undefined {
    const { known } = this.#answer
    const place = this.#places().get(number)
    return place !== undefined && known.numbers[place] === number
      ? beganAt(this.#answer, known.uptimeSeconds[place] ?? Number.NaN)
      : this.#wholes().get(number)?.login
  }

  #indexWholes(): ReadonlyMap<number, SessionReading> {
    const { rows, numbers } = this.#answer
    const wholes = new Map<number, SessionReading>()
    for (const [index, row] of rows.entries()) wholes.set(numbers[index] ?? -1, row)
    return wholes
  }

  #indexPlaces(): ReadonlyMap<number, number> {
    const places = new Map<number, number>()
    for (const [place, number] of this.#answer.known.numbers.entries()) places.set(number, place)
    return places
  }
}
