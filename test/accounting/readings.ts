import { addBytes, type Bytes, NO_BYTES } from '../../src/accounting/bytes.ts'
import { decide } from '../../src/accounting/decide.ts'
import type { CountedSpan, Decision, Entry, LedgerEvent } from '../../src/accounting/entry.ts'
import { sessionId } from '../../src/accounting/ids.ts'
import { adopt, type Ledger, NEW_LEDGER, openSessions, type Terms } from '../../src/accounting/ledger.ts'
import type {
  BindingReading,
  Device,
  Reading,
  Service,
  SessionReading,
  UnreadRow,
} from '../../src/accounting/reading.ts'
import { removal } from '../../src/accounting/removal.ts'
import type { Session } from '../../src/accounting/session.ts'
import { HOTSPOT_RULES } from '../../src/services/hotspot/hotspot-rules.ts'
import { PPP_RULES } from '../../src/services/ppp/ppp-rules.ts'

/** Second 0 of every test. */
const START_MS = Date.UTC(2026, 10, 24, 9)

export const MINUTE = 60
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

export const TERMS: Terms = { plausibleBitsPerSecond: 10e9, stalledAfterMs: 15 * 60_000 }

/** @param second since second 0 */
export function wallAt(second: number): Date {
  return new Date(START_MS + second * 1000)
}

export function steadyAt(second: number): number {
  return START_MS + second * 1000
}

export function bytes(upload: number, download: number): Bytes {
  return { upload, download }
}

/** A row of a reading, with the second at which it logged in by our clock. */
export interface Row extends Partial<Omit<SessionReading, 'login' | 'uptimeSeconds'>> {
  readonly login: number
}

/** What is unusual about a reading, in seconds. */
export interface Oddities {
  /** When the router booted by our clock. Ten days before second 0 by default. */
  readonly boot?: number
  /** How far the wall clock is ahead of the steady one. */
  readonly wallAhead?: number
  readonly bindings?: readonly BindingReading[]
  /** Rows without an uptime. */
  readonly unread?: readonly Partial<UnreadRow>[]
  readonly device?: Device
}

export function hotspot(second: number, rows: readonly Row[], odd: Oddities = {}): Reading {
  return reading('hotspot', second, rows, odd)
}

export function ppp(second: number, rows: readonly Row[], odd: Oddities = {}): Reading {
  return reading('ppp', second, rows, odd)
}

/** Ann in the hotspot, unless the row says otherwise. */
export function ann(login: number, counters: Bytes | undefined, more: Partial<Row> = {}): Row {
  return { login, counters, ...more }
}

export function binding(name: string, upload: number, download: number): BindingReading {
  return { name, counters: { upload, download } }
}

function reading(service: Service, second: number, rows: readonly Row[], odd: Oddities): Reading {
  const { boot = -10 * DAY, wallAhead = 0, bindings = [], unread = [], device = HQ } = odd
  return {
    ...ofService(service),
    at: { wall: wallAt(second + wallAhead), steadyMs: steadyAt(second) },
    boot: windowAt(boot),
    device,
    sessions: rows.map(row => sessionReading(service, second, row)),
    unread: unread.map(row => unreadRow(service, row)),
    bindings,
  }
}

/** The service of a reading, hotspot or PPP, and its rules. */
export function ofService<Name extends Service>(service: Name): Pick<Reading, 'rules'> & { service: Name } {
  return { service, rules: service === 'hotspot' ? HOTSPOT_RULES : PPP_RULES }
}

export const HQ: Device = { serial: undefined, identity: 'hq' }

/** Fields that only few rows have. */
export const PLAIN_ROW = {
  domain: undefined,
  binding: undefined,
  joined: undefined,
  unreadable: undefined,
} as const

/** Fields that only few readings have. */
export const PLAIN_READING = { device: HQ, unread: [], bindings: [] } as const

/** Fields that only few sessions have. */
export const PLAIN_SESSION = {
  domain: undefined,
  reported: 0,
  missed: undefined,
  guessed: undefined,
  among: undefined,
} as const

/** A decision in which nothing happened. */
export const NOTHING_DECIDED = {
  ...{ device: HQ, isReplaced: false, away: [], moves: [] },
  ...{ entries: [], events: [], bindings: new Map<string, never>() },
} as const

/** A `Pending` in which nothing waits. */
export const NOTHING_PENDING = {
  ...{ sessions: new Map<never, never>(), moves: [], events: [], readings: new Map<never, never>() },
  bindings: new Map<never, never>(),
} as const

function unreadRow(service: Service, row: Partial<UnreadRow>): UnreadRow {
  const {
    uptimeSeconds: _,
    login: __,
    counters: ___,
    binding: ____,
    joined: _____,
    ...rest
  } = sessionReading(service, 0, { login: 0 })
  return { ...rest, unreadable: { rowId: '*1', property: 'uptime', value: undefined }, ...row }
}

function sessionReading(service: Service, second: number, { login, ...more }: Row): SessionReading {
  const isHotspot = service === 'hotspot'
  return {
    protocol: isHotspot ? 'hotspot' : 'pppoe',
    username: 'ann',
    domain: undefined,
    server: isHotspot ? 'hotspot-principal' : undefined,
    macAddress: '34:12:F9:8A:21:4C',
    ipAddress: '10.5.50.10',
    routerSessionId: isHotspot ? undefined : '0x81300077',
    callerId: isHotspot ? undefined : '34:12:F9:8A:21:4C',
    counters: undefined,
    binding: undefined,
    joined: undefined,
    unreadable: undefined,
    ...more,
    uptimeSeconds: Math.floor(second - login),
    login: windowAt(login),
  }
}

/** Known to a second, as from an uptime in whole seconds. */
function windowAt(second: number) {
  return { earliestMs: steadyAt(second) - 1000, latestMs: steadyAt(second) }
}

/** A ledger that takes readings one after the other. */
export class Meter {
  ledger: Ledger = NEW_LEDGER
  #sessions = 0

  /** @param onDecided called before the decision is adopted */
  read(reading: Reading, terms: Terms = TERMS, onDecided?: (decision: Decision) => void): Decision {
    const decision = decide(this.ledger, reading, terms, () => sessionId(`session-${++this.#sessions}`))
    onDecided?.(decision)
    this.ledger = adopt(this.ledger, decision)
    return decision
  }

  /** The router is removed from the config. */
  remove(service: Service): void {
    const decision = removal(this.ledger, service, TERMS)
    if (decision) this.ledger = adopt(this.ledger, decision)
  }

  /** Another process continues with the ledger. */
  restart(): void {
    const { last } = this.ledger
    if (last) this.ledger = { ...this.ledger, last: { ...last, isFromAnotherProcess: true } }
  }

  get open(): readonly Session[] {
    return [...openSessions(this.ledger)]
  }

  /** The one session that is open. */
  get session(): Session {
    const [session, ...others] = this.open
    if (!session || others.length > 0) throw new Error(`${this.open.length} sessions are open`)
    return session
  }
}

export type Kinds = readonly Entry['kind'][]

export function kinds(decision: Decision): Kinds {
  return decision.entries.map(entry => entry.kind)
}

export function events(decision: Decision): readonly LedgerEvent['kind'][] {
  return decision.events.map(event => event.kind)
}

/** The bytes that a reading counted. */
export function deltaOf(decision: Decision): Bytes {
  return countedOf(decision).reduce((sum, counted) => addBytes(sum, counted.delta), NO_BYTES)
}

export function countedOf(decision: Decision): readonly CountedSpan[] {
  return decision.entries.flatMap(entry => (entry.kind !== 'stop' && entry.counted) || [])
}

export function stopsOf(decision: Decision): readonly Extract<Entry, { kind: 'stop' }>[] {
  return decision.entries.filter(entry => entry.kind === 'stop')
}
