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
import type { Interned } from '../../routeros/menus/interned.ts'
import { type Candidate, RowAdmission } from '../../routeros/rows/row-admission.ts'
import type { ParsedRow, ParsedRowSink } from '../../routeros/rows/row-memory.ts'
import type { Asked } from '../../routeros/wire/connection.ts'
import type { Row } from '../../routeros/wire/sentence.ts'
import type { RouterSettings } from '../service-description.ts'

export const COUNTERS = ['bytes-in', 'bytes-out'] as const

export type HotspotDomain = RouterSettings['hotspotDomain']

/** The part of a hotspot's row that changes. */
export interface HotspotMoving {
  readonly uptimeSeconds: number
  readonly counters: SessionReading['counters']
  readonly unreadable: Unreadable | undefined
}

type Unsettled = Omit<SessionReading, 'login'> & { login: Window }

const NOT_ANSWERED: Window = { earliestMs: Number.NaN, latestMs: Number.NaN }

/** The parsed rows of one answer, made into sessions one by one as they come. */
export class HotspotRows implements ParsedRowSink {
  readonly numbers: number[] = []
  readonly unread: UnreadRow[] = []
  readonly #identityOf: (row: Row) => HotspotIdentity
  readonly #admission: RowAdmission
  readonly #rows: Unsettled[] = []

  constructor(identityOf: (row: Row) => HotspotIdentity, admission: Admission = ALL_ROWS) {
    this.#identityOf = identityOf
    this.#admission = new RowAdmission(admission, () => this.#held())
  }

  get leftOut(): number {
    return this.#admission.leftOut
  }

  admits(row: Row): boolean {
    return this.#admission.admits(() => ({
      ...this.#identityOf(row),
      isUnreadable: uptimeOf(row) === undefined,
    }))
  }

  take({ row, number }: ParsedRow): void {
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

  /** Completes the sessions when the answer is complete: its time gives their logins. */
  settle(asked: Asked): readonly SessionReading[] {
    for (const row of this.#rows) row.login = beganAt(asked, row.uptimeSeconds)
    return this.#rows
  }

  *#held(): Iterable<Candidate> {
    for (const row of this.#rows) yield { ...row, isUnreadable: false }
    for (const row of this.unread) yield { ...row, isUnreadable: true }
  }
}

/** Whose a row is. */
export type HotspotIdentity = ReturnType<typeof hotspotIdentity>

/** Reads whose a row is. */
export function hotspotIdentity(row: Row, domainIs: HotspotDomain, interned: Interned) {
  const user = row.get('user') ?? ''
  const domain = textOf(row, 'domain')
  const server = textOf(row, 'server')
  return {
    username: domain === undefined || domainIs === 'ignore' ? user : boundedName(`${user}@${domain}`),
    domain: domain && interned.of(domain),
    server: server && interned.of(server),
    macAddress: textOf(row, 'mac-address'),
    ipAddress: textOf(row, 'address'),
    ...{ routerSessionId: undefined, callerId: undefined },
  }
}

/** Builds the session of a row. */
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
