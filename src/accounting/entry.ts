import { addSums, type ByteSum, type Bytes, Total } from './bytes.ts'
import type { Growth } from './columns/columns.ts'
import type { Bindings } from './counting/bindings.ts'
import type { AwayReading } from './device.ts'
import type { SessionId } from './ids.ts'
import type { Device, Moment, Service, Window } from './reading.ts'
import { type Session, sessionOf } from './session.ts'

/** Bytes and the span in which they were moved, by our wall clock: (from, to] (docs/accounting.md rule 15). */
export interface CountedSpan {
  readonly delta: Bytes
  readonly from: Date
  readonly to: Date
}

/**
 * `removed`: its router was removed from the config. `router_changed`: another router answers at its address. The order
 * is that of the journal's numbers for them.
 */
export const END_REASONS = ['logout', 'reboot', 'removed', 'router_changed'] as const
export type EndReason = (typeof END_REASONS)[number]

export const NOTHING_COUNTED: readonly CountedSpan[] = []

/**
 * What a reading does to one session, with the names of RADIUS accounting. `session` is the session afterwards. A
 * session that ends can have an `interim` entry before its `stop`.
 */
export type Entry =
  /** `counted` nearly always has one span; two if the counters were last known at different times. */
  | { readonly kind: 'start'; readonly session: Session; readonly counted: readonly CountedSpan[] }
  | { readonly kind: 'interim'; readonly session: Session; readonly counted: readonly CountedSpan[] }
  | {
      readonly kind: 'stop'
      readonly session: Session
      /** The last reading that had the session. */
      readonly lastSeenAt: Date
      readonly endTime: Date
      readonly reason: EndReason
      /** The key of its router, if that router may come back. */
      readonly device: string | undefined
    }

/** Moves all bytes that were counted for one session to another, because they were counted on the other's interface. */
export interface Move {
  readonly from: SessionId
  readonly to: SessionId
}

export const NO_MOVES: readonly Move[] = []

/** The kinds of events, in the order of the journal's numbers for them. */
export const EVENT_KINDS = [
  ...(['reset', 'baseline', 'quarantine', 'reboot', 'stall', 'discarded', 'set_aside'] as const),
  ...([
    'glitch',
    'duplicate',
    'router_changed',
    'impossible_uptime',
    'unreadable',
    'uncounted',
    'moved',
    'left_out',
    'others',
    'joined',
  ] as const),
] as const

/**
 * What an operator should know, one row each in `ledger_events`:
 *
 *     reset              a counter began again at 0
 *     glitch             a counter or a login was wrong in some readings; `upload` and `download` were not counted
 *     baseline           counting began at the counters that were found
 *     quarantine         more bytes than the link can have carried, which were not counted
 *     reboot             the router rebooted
 *     router_changed     another router answers at the address
 *     stall              a session moves no bytes
 *     uncounted          a session has no counters
 *     unreadable         a row or a counter cannot be read
 *     duplicate          a reply had several rows of one session
 *     impossible_uptime  a session is older than its router
 *     moved              bytes that were counted for one account belong to another
 *     left_out           rows for which no session was opened, or static bindings whose counters are not kept, because the
 *                        router has more than its limits allow
 *     others             names beyond what a router may add to the daily tables in a day; their bytes are in `(others)`
 *     joined             numbers of events by kind, because too many of one router waited for the database
 *     discarded          readings that are not recorded, because another daemon has read the router meanwhile, or because
 *                        the database is an older copy that lacks what was before them
 *     set_aside          what the database refused for itself, with its bytes and the reason
 */
export interface LedgerEvent {
  readonly kind: (typeof EVENT_KINDS)[number]
  readonly at: Date
  readonly detail: Readonly<Record<string, unknown>>
}

/** Sessions after a reading, by the numbers that the reading gave to their rows. */
export interface NumberedSessions {
  readonly by: object
  readonly sessions: ReadonlyMap<number, Session>
}

/** The outcome of one reading: everything that the ledger, the snapshots and the database need from it. */
export interface Decision {
  readonly service: Service
  readonly at: Moment
  readonly boot: Window
  /** The router that answered; absent if none did and no earlier reading knew it. */
  readonly device: Device | undefined
  /** Whether it is another router than before. */
  readonly isReplaced: boolean
  /** Routers that answered at the address before, and may answer again. */
  readonly away: readonly AwayReading[]
  /** Corrections of what was counted before this reading. */
  readonly moves: readonly Move[]
  readonly entries: readonly Entry[]
  /** More `interim` entries, as columns; absent if there are none. */
  readonly growth?: Growth
  /** Number of rows for which no session was opened; absent if there are none. It is not journaled. */
  readonly leftOut?: number
  /** Absent if rows have no numbers. It is not journaled. */
  readonly numbered?: NumberedSessions
  readonly events: readonly LedgerEvent[]
  /** Static bindings whose counters moved, by name. */
  readonly bindings: Bindings
}

/** The bytes that a decision counted, summed over all sessions. */
export function countedBy({ entries, growth }: Decision): ByteSum {
  const total = new Total()
  for (const entry of entries)
    if (entry.kind !== 'stop') for (const { delta } of entry.counted) total.add(delta.upload, delta.download)
  return growth ? addSums(growth.total, total.sum) : total.sum
}

/** Number of sessions that begin with a decision. */
export function startsOf({ entries }: Decision): number {
  return entries.reduce((sum, { kind }) => sum + (kind === 'start' ? 1 : 0), 0)
}

const NO_SESSIONS: ReadonlySet<SessionId> = new Set()

/** The sessions that a decision lists one by one, not as growth. */
export function listedSessions({ entries, numbered }: Decision): ReadonlySet<SessionId> {
  if (entries.length === 0 && !numbered?.sessions.size) return NO_SESSIONS
  const ids = new Set(entries.map(({ session }) => session.id))
  for (const { id } of numbered?.sessions.values() ?? []) ids.add(id)
  return ids
}

type Interim = Extract<Entry, { kind: 'interim' }>

/**
 * The entry of one session of a growth. Call it before the growth is adopted.
 * @param index of the session in the growth
 * @param steadyMs of the reading
 * @throws RangeError if the columns have no such session
 */
export function entryOfGrowth(growth: Growth, index: number, steadyMs: number): Interim {
  const { columns, numbers, from, to } = growth
  const number = numbers[index] ?? -1
  const details = columns.details[number]
  if (!details) throw new RangeError(`no session has number ${number}`)
  const delta = { upload: growth.upload[index] ?? 0, download: growth.download[index] ?? 0 }
  const upload = (columns.upload[number] ?? 0) + delta.upload
  const download = (columns.download[number] ?? 0) + delta.download
  const session = sessionOf(details, { upload, download }, steadyMs)
  return { kind: 'interim', session, counted: [{ delta, from, to }] }
}
