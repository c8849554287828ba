import type {
  BindingReading,
  KnownRows,
  MissingMenu,
  SessionReading,
  UnreadRow,
} from '../accounting/reading.ts'
import type { Asked } from './connection.ts'

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
}

/** The active sessions of one service, over one connection. */
export interface SessionMenu {
  /** Menus beside its own that the router refused when they were asked last. */
  readonly missingMenus: readonly MissingMenu[]
  /** @throws RouterError; then no row is known the next time, since nobody was told of this one's */
  read(): Promise<SessionRows>
  /** The number of the row with an `.id`: good until the session ends, and then handed out again. */
  find(id: string): number | undefined
}

/** @returns the whole row of a number, where the reading has it */
export function rowOf({ rows, numbers, known }: SessionRows, number: number): SessionReading | undefined {
  const whole = rows[numbers.indexOf(number)]
  const place = whole ? -1 : known.numbers.indexOf(number)
  return place < 0 ? whole : known.row(place)
}
