import type { Window } from '../../accounting/reading.ts'
import type { Steps } from '../../accounting/steps.ts'
import { gapMs, LOGIN_TOLERANCE_MS } from '../../accounting/window.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { RouterService } from '../router-service.ts'
import type { RouterConnection } from '../wire/connection.ts'
import type { Row } from '../wire/sentence.ts'
import { proplist } from './fields.ts'
import { RowsByNumber, type SessionMenu, type SessionRows } from './session-rows.ts'

const NONE: ReadonlyMap<string, Date> = new Map()

/** A session that the router reported as logged out. */
interface Logout {
  /** The number of its row. */
  readonly number: number
  readonly login: Window
  readonly at: Date
}

/**
 * Collects the logouts since the last reading and their times. A `listen`, opened before the first reading, reports a
 * removed row at once, but only by its `.id`. The ids of the last reading say whose it was, and the next reading
 * carries the logout. If a router cannot listen, its sessions end with the reading that lacks them. A reading's rows
 * are looked at once, however many logouts come and however often each is reported.
 */
export class Departures {
  readonly #connection: Pick<RouterConnection, 'listen'>
  readonly #service: Pick<RouterService, 'menu' | 'rules'>
  readonly #menu: SessionMenu
  readonly #clock: Clock
  #last: { readonly by: object; readonly rows: RowsByNumber } | undefined
  /** Row numbers reported since the last reading, or before it and still in it: so each row is built once. */
  #reported = new Set<number>()
  /** By identity. */
  #logouts = new Map<string, Logout>()

  constructor(
    connection: Pick<RouterConnection, 'listen'>,
    service: Pick<RouterService, 'menu' | 'rules'>,
    menu: SessionMenu,
    clock: Clock,
  ) {
    this.#connection = connection
    this.#service = service
    this.#menu = menu
    this.#clock = clock
  }

  /** Opens the `listen`. */
  start(): void {
    const { menu } = this.#service
    this.#connection.listen(`${menu}/listen`, row => this.#take(row), proplist('.id', '.dead'))
  }

  /** Returns the times of the logouts before this reading, by identity, without sessions that it still has. */
  *settle(reading: SessionRows): Steps<ReadonlyMap<string, Date>> {
    const rows = new RowsByNumber(reading)
    const isSameConnection = this.#last?.by === reading.by
    const before = this.#logouts
    // A logout that is reported between the steps is about a row of this reading.
    this.#last = { by: reading.by, rows }
    this.#logouts = new Map()
    this.#reported.clear()
    return before.size === 0
      ? NONE
      : yield* this.#settle(reading, before, isSameConnection ? rows : undefined)
  }

  /** @param rows of this reading; `undefined` if its numbers are not those of the reading before */
  *#settle(
    reading: SessionRows,
    before: ReadonlyMap<string, Logout>,
    rows: RowsByNumber | undefined,
  ): Steps<ReadonlyMap<string, Date>> {
    const logins = new Map<string, Window>()
    for (const row of reading.rows) {
      yield
      const key = this.#service.rules.identityKey(row)
      if (!logins.has(key)) logins.set(key, row.login)
    }
    const departures = new Map<string, Date>()
    for (const [key, logout] of before) {
      yield
      const inParsedRow = logins.get(key)
      const login = inParsedRow ?? rows?.login(logout.number)
      // A session with the same login in the reading logged out after its row was printed.
      if (!login || gapMs(login, logout.login) > LOGIN_TOLERANCE_MS) departures.set(key, logout.at)
      else {
        this.#logouts.set(key, logout)
        if (!inParsedRow) this.#reported.add(logout.number)
      }
    }
    return departures
  }

  #take(row: Row): void {
    const dead = row.get('.dead')
    if ((dead !== 'true' && dead !== 'yes') || !this.#last) return
    const number = this.#menu.find(row.get('.id') ?? '')
    if (number === undefined || this.#reported.has(number)) return
    this.#reported.add(number)
    const session = this.#last.rows.row(number)
    if (!session) return
    const key = this.#service.rules.identityKey(session)
    const { login } = session
    if (!this.#logouts.has(key)) this.#logouts.set(key, { number, login, at: this.#clock.now() })
  }
}
