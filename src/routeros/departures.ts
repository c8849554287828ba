import type { Service, SessionReading } from '../accounting/reading.ts'
import { identityKey } from '../accounting/session.ts'
import { gapMs, LOGIN_TOLERANCE_MS } from '../accounting/window.ts'
import type { Clock } from '../runtime/clock.ts'
import type { RouterConnection } from './connection.ts'
import { proplist } from './fields.ts'
import type { Row } from './sentence.ts'
import { RowsByNumber, type SessionMenu, type SessionRows } from './session-rows.ts'

const MENUS: Readonly<Record<Service, string>> = {
  hotspot: '/ip/hotspot/active/listen',
  ppp: '/ppp/active/listen',
}

const NOBODY: ReadonlyMap<string, Date> = new Map()

interface Left {
  readonly number: number
  readonly session: SessionReading
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
  readonly #service: Service
  readonly #menu: SessionMenu
  readonly #clock: Clock
  #last: { readonly by: object; readonly rows: RowsByNumber } | undefined
  /** Numbers that were told since the last reading: each row is made whole once. */
  #told = new Set<number>()
  #left = new Map<string, Left>()

  constructor(
    connection: Pick<RouterConnection, 'listen'>,
    service: Service,
    menu: SessionMenu,
    clock: Clock,
  ) {
    this.#connection = connection
    this.#service = service
    this.#menu = menu
    this.#clock = clock
  }

  start(): void {
    this.#connection.listen(MENUS[this.#service], row => this.#take(row), proplist('.id', '.dead'))
  }

  /** Those who left before this reading and are not in it, by their identity. */
  settle(reading: SessionRows): ReadonlyMap<string, Date> {
    const rows = new RowsByNumber(reading)
    const departed = this.#left.size === 0 ? NOBODY : this.#settle(reading, rows)
    this.#last = { by: reading.by, rows }
    this.#told.clear()
    return departed
  }

  #settle(reading: SessionRows, rows: RowsByNumber): ReadonlyMap<string, Date> {
    const isSameConnection = this.#last?.by === reading.by
    const wholes = new Map<string, SessionReading>()
    for (const row of reading.rows) {
      const key = identityKey(this.#service, row)
      if (!wholes.has(key)) wholes.set(key, row)
    }
    const departed = new Map<string, Date>()
    const later = new Map<string, Left>()
    for (const [key, left] of this.#left) {
      const now = wholes.get(key) ?? (isSameConnection ? rows.row(left.number) : undefined)
      // Still in the reading, with the same login: it left after its row was made.
      if (now && gapMs(now.login, left.session.login) <= LOGIN_TOLERANCE_MS) later.set(key, left)
      else departed.set(key, left.at)
    }
    this.#left = later
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
    const key = identityKey(this.#service, session)
    if (!this.#left.has(key)) this.#left.set(key, { number, session, at: this.#clock.now() })
  }
}
