import type { Window } from '../../accounting/reading.ts'
import type { Steps } from '../../accounting/steps.ts'
import { gapMs, LOGIN_TOLERANCE_MS } from '../../accounting/window.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { RouterService } from '../router-service.ts'
import type { RouterConnection } from '../wire/connection.ts'
import type { Row } from '../wire/sentence.ts'
import { proplist } from './fields.ts'
import { RowsByNumber, type SessionMenu, type SessionRows } from './session-rows.ts'

const NOBODY: ReadonlyMap<string, Date> = new Map()

interface Left {
  readonly number: number
  readonly login: Window
  readonly at: Date
}

/**
 * Who left since the last reading, and when: a `listen` tells a removal at once, by its `.id` alone. It is opened
 * before the first reading. What comes is understood by the last reading's ids, and handed on with the next one. A
 * router that can't listen tells nothing, and its sessions end with the reading that misses them. However many leave
 * at once, and however often each is told, a reading's rows are looked at once.
 */
export class Departures {
  readonly #connection: Pick<RouterConnection, 'listen'>
  readonly #service: Pick<RouterService, 'menu' | 'rules'>
  readonly #menu: SessionMenu
  readonly #clock: Clock
  #last: { readonly by: object; readonly rows: RowsByNumber } | undefined
  /** Numbers that were told since the last reading, or before it and are in it still: each row is made whole once. */
  #told = new Set<number>()
  #left = new Map<string, Left>()

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

  start(): void {
    const { menu } = this.#service
    this.#connection.listen(`${menu}/listen`, row => this.#take(row), proplist('.id', '.dead'))
  }

  /** Those who left before this reading and are not in it, by their identity; in steps, since they may be many. */
  *settle(reading: SessionRows): Steps<ReadonlyMap<string, Date>> {
    const rows = new RowsByNumber(reading)
    const isSameConnection = this.#last?.by === reading.by
    const before = this.#left
    // What is told between the steps is told of this reading's rows.
    this.#last = { by: reading.by, rows }
    this.#left = new Map()
    this.#told.clear()
    return before.size === 0
      ? NOBODY
      : yield* this.#settle(reading, before, isSameConnection ? rows : undefined)
  }

  /** @param rows where those who left have the numbers that they had */
  *#settle(
    reading: SessionRows,
    before: ReadonlyMap<string, Left>,
    rows: RowsByNumber | undefined,
  ): Steps<ReadonlyMap<string, Date>> {
    const wholes = new Map<string, Window>()
    for (const row of reading.rows) {
      yield
      const key = this.#service.rules.identityKey(row)
      if (!wholes.has(key)) wholes.set(key, row.login)
    }
    const departed = new Map<string, Date>()
    for (const [key, left] of before) {
      yield
      const whole = wholes.get(key)
      const now = whole ?? rows?.login(left.number)
      // Still in the reading, with the same login: it left after its row was made.
      if (!now || gapMs(now, left.login) > LOGIN_TOLERANCE_MS) departed.set(key, left.at)
      else {
        this.#left.set(key, left)
        if (!whole) this.#told.add(left.number)
      }
    }
    return departed
  }

  #take(row: Row): void {
    const dead = row.get('.dead')
    if ((dead !== 'true' && dead !== 'yes') || !this.#last) return
    const number = this.#menu.find(row.get('.id') ?? '')
    if (number === undefined || this.#told.has(number)) return
    this.#told.add(number)
    const session = this.#last.rows.row(number)
    if (!session) return
    const key = this.#service.rules.identityKey(session)
    const { login } = session
    if (!this.#left.has(key)) this.#left.set(key, { number, login, at: this.#clock.now() })
  }
}
