import type { Service, SessionReading } from '../accounting/reading.ts'
import { identityKey } from '../accounting/session.ts'
import { gapMs, LOGIN_TOLERANCE_MS } from '../accounting/window.ts'
import type { Clock } from '../runtime/clock.ts'
import type { RouterConnection } from './connection.ts'
import { proplist, type SessionRows } from './fields.ts'
import type { Row } from './sentence.ts'

const MENUS: Readonly<Record<Service, string>> = {
  hotspot: '/ip/hotspot/active/listen',
  ppp: '/ppp/active/listen',
}

/**
 * Who left since the last reading, and when: a `listen` tells a removal at once, by its `.id` alone. It is opened
 * before the first reading. What comes is understood by the last reading's ids, and handed on with the next one. A
 * router that can't listen tells nothing, and its sessions end with the reading that misses them.
 */
export class Departures {
  readonly #connection: RouterConnection
  readonly #service: Service
  readonly #clock: Clock
  /** The last reading's sessions, by `.id`. */
  #known: ReadonlyMap<string, SessionReading> = new Map()
  #left = new Map<string, { readonly session: SessionReading; readonly at: Date }>()

  constructor(connection: RouterConnection, service: Service, clock: Clock) {
    this.#connection = connection
    this.#service = service
    this.#clock = clock
  }

  start(): void {
    this.#connection.listen(MENUS[this.#service], row => this.#take(row), proplist('.id', '.dead'))
  }

  /** Those who left before this reading and are not in it, by their identity. */
  settle({ rows, ids }: Pick<SessionRows, 'rows' | 'ids'>): ReadonlyMap<string, Date> {
    const present = new Map(rows.map(session => [identityKey(this.#service, session), session]))
    const departed = new Map<string, Date>()
    const later = new Map(this.#left)
    for (const [key, { session, at }] of this.#left) {
      const now = present.get(key)
      // Still in the reading, with the same login: it left after its row was made.
      if (now && gapMs(now.login, session.login) <= LOGIN_TOLERANCE_MS) continue
      departed.set(key, at)
      later.delete(key)
    }
    this.#left = later
    this.#known = new Map(rows.map((session, index) => [ids[index] ?? '', session]))
    return departed
  }

  #take(row: Row): void {
    const dead = row.get('.dead')
    if (dead !== 'true' && dead !== 'yes') return
    const session = this.#known.get(row.get('.id') ?? '')
    if (!session) return
    const at = this.#clock.now()
    const key = identityKey(this.#service, session)
    if (!this.#left.has(key)) this.#left.set(key, { session, at })
  }
}
