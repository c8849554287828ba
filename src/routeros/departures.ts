import type { Service, SessionReading } from '../accounting/reading.ts'
import { identityKey } from '../accounting/session.ts'
import { gapMs, LOGIN_TOLERANCE_MS } from '../accounting/window.ts'
import type { Clock } from '../runtime/clock.ts'
import type { RouterConnection } from './connection.ts'
import { proplist } from './fields.ts'
import type { Row } from './sentence.ts'
import { rowOf, type SessionMenu, type SessionRows } from './session-rows.ts'

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
 * router that can't listen tells nothing, and its sessions end with the reading that misses them.
 */
export class Departures {
  readonly #connection: RouterConnection
  readonly #service: Service
  readonly #menu: SessionMenu
  readonly #clock: Clock
  #last: SessionRows | undefined
  #left = new Map<string, Left>()

  constructor(connection: RouterConnection, service: Service, menu: SessionMenu, clock: Clock) {
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
    if (this.#left.size === 0) {
      this.#last = reading
      return NOBODY
    }
    const departed = new Map<string, Date>()
    const later = new Map(this.#left)
    for (const [key, { number, session, at }] of this.#left) {
      const now = this.#find(reading, key, number)
      // Still in the reading, with the same login: it left after its row was made.
      if (now && gapMs(now.login, session.login) <= LOGIN_TOLERANCE_MS) continue
      departed.set(key, at)
      later.delete(key)
    }
    this.#left = later
    this.#last = reading
    return departed
  }

  #find(reading: SessionRows, key: string, number: number): SessionReading | undefined {
    const whole = reading.rows.find(row => identityKey(this.#service, row) === key)
    return whole ?? (this.#last?.by === reading.by ? rowOf(reading, number) : undefined)
  }

  #take(row: Row): void {
    const dead = row.get('.dead')
    if ((dead !== 'true' && dead !== 'yes') || !this.#last) return
    const number = this.#menu.find(row.get('.id') ?? '')
    const session = number === undefined ? undefined : rowOf(this.#last, number)
    if (!session || number === undefined) return
    const key = identityKey(this.#service, session)
    if (!this.#left.has(key)) this.#left.set(key, { number, session, at: this.#clock.now() })
  }
}
