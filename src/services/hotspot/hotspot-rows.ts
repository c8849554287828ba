import { type Admission, ALL_ROWS } from '../../accounting/limits/admission.ts'
import type { SessionReading, Unreadable, UnreadRow, Window } from '../../accounting/reading.ts'
import { boundedName } from '../../routeros/menus/bounded-text.ts'
import {
  beganAt,
  counterOf,
  textOf,
  unreadable,
  unreadableCounterOf,
  uptimeOf,
} from '../../routeros/menus/fields.ts'
import type { SameWords } from '../../routeros/menus/interned.ts'
import { type AtDoor, Door } from '../../routeros/rows/door.ts'
import type { WholeRow, WholeRows } from '../../routeros/rows/row-memory.ts'
import type { Asked } from '../../routeros/wire/connection.ts'
import type { Row } from '../../routeros/wire/sentence.ts'
import type { RouterSettings } from '../service.ts'

export const COUNTERS = ['bytes-in', 'bytes-out'] as const

export type HotspotDomain = RouterSettings['hotspotDomain']

/** What a row of the hotspot's tells beside who it is of. */
export interface HotspotMoving {
  readonly uptimeSeconds: number
  readonly counters: SessionReading['counters']
  readonly unreadable: Unreadable | undefined
}

type Unsettled = Omit<SessionReading, 'login'> & { login: Window }

const NOT_ANSWERED: Window = { earliestMs: Number.NaN, latestMs: Number.NaN }

/** Rows of one answer that were not known by their bytes, made into sessions one by one as they come. */
export class HotspotRows implements WholeRows {
  readonly numbers: number[] = []
  readonly unread: UnreadRow[] = []
  readonly #identityOf: (row: Row) => HotspotIdentity
  readonly #door: Door
  readonly #rows: Unsettled[] = []

  constructor(identityOf: (row: Row) => HotspotIdentity, admission: Admission = ALL_ROWS) {
    this.#identityOf = identityOf
    this.#door = new Door(admission, () => this.#held())
  }

  get leftOut(): number {
    return this.#door.leftOut
  }

  admits(row: Row): boolean {
    return this.#door.admits(() => ({
      ...this.#identityOf(row),
      isUnreadable: uptimeOf(row) === undefined,
    }))
  }

  take({ row, number }: WholeRow): void {
    const identity = this.#identityOf(row)
    const uptimeSeconds = uptimeOf(row)
    if (uptimeSeconds === undefined) {
      this.unread.push({ protocol: 'hotspot', ...identity, unreadable: unreadable(row, 'uptime') })
      return
    }
    const [upload, download] = [counterOf(row, 'bytes-in'), counterOf(row, 'bytes-out')]
    const counters = upload === undefined || download === undefined ? undefined : { upload, download }
    const odd = counters ? undefined : unreadableCounterOf(row, COUNTERS)
    const moving = { uptimeSeconds, counters, unreadable: odd }
    this.#rows.push(hotspotSession(identity, moving, NOT_ANSWERED))
    this.numbers.push(number)
  }

  /** Those with an uptime, now that the answer is complete. */
  settle(asked: Asked): readonly SessionReading[] {
    for (const row of this.#rows) row.login = beganAt(asked, row.uptimeSeconds)
    return this.#rows
  }

  *#held(): Iterable<AtDoor> {
    for (const row of this.#rows) yield { ...row, isUnreadable: false }
    for (const row of this.unread) yield { ...row, isUnreadable: true }
  }
}

/** Who a row is of. */
export type HotspotIdentity = ReturnType<typeof hotspotIdentity>

export function hotspotIdentity(row: Row, domainIs: HotspotDomain, words: SameWords) {
  const user = row.get('user') ?? ''
  const domain = textOf(row, 'domain')
  const server = textOf(row, 'server')
  return {
    username: domain === undefined || domainIs === 'ignore' ? user : boundedName(`${user}@${domain}`),
    domain: domain && words.of(domain),
    server: server && words.of(server),
    macAddress: textOf(row, 'mac-address'),
    ipAddress: textOf(row, 'address'),
    ...{ routerSessionId: undefined, callerId: undefined },
  }
}

export function hotspotSession(
  { username, domain, server, macAddress, ipAddress }: HotspotIdentity,
  { uptimeSeconds, counters, unreadable: odd }: HotspotMoving,
  login: Window,
): SessionReading {
  return {
    protocol: 'hotspot',
    username,
    domain,
    server,
    macAddress,
    ipAddress,
    routerSessionId: undefined,
    callerId: undefined,
    uptimeSeconds,
    login,
    counters,
    binding: undefined,
    joined: undefined,
    unreadable: odd,
  }
}
