import { addSums, type ByteSum, type Bytes, Total } from './bytes.ts'
import type { Growth } from './columns/columns.ts'
import type { Bindings } from './counting/bindings.ts'
import type { AwayReading } from './device.ts'
import type { SessionId } from './ids.ts'
import type { Device, Moment, Service, Window } from './reading.ts'
import { type Session, sessionOf } from './session.ts'

/** Bytes and the span they were moved in, by our wall clock: (from, to] (docs/accounting.md rule 15). */
export interface Counted {
  readonly delta: Bytes
  readonly from: Date
  readonly to: Date
}

/**
 * `removed`: its router left the config. `router_changed`: another router answers at its address. In the order of the
 * journal's numbers for them.
 */
export const END_REASONS = ['logout', 'reboot', 'removed', 'router_changed'] as const
export type EndReason = (typeof END_REASONS)[number]

export const NOTHING_COUNTED: readonly Counted[] = []

/**
 * What a reading does to one session, named as RADIUS accounting names it; `session` is what it is afterwards. One
 * that ends can have an `interim` entry before its `stop`.
 */
export type Entry =
  /** Nearly always one span; two where its counters were last known at different times. */
  | { readonly kind: 'start'; readonly session: Session; readonly counted: readonly Counted[] }
  | { readonly kind: 'interim'; readonly session: Session; readonly counted: readonly Counted[] }
  | {
      readonly kind: 'stop'
      readonly session: Session
      /** The last reading that had the session. */
      readonly lastSeenAt: Date
      readonly endTime: Date
      readonly reason: EndReason
      /** The key of its router, where that one may be back. */
      readonly device: string | undefined
    }

/** All that was counted for one session so far was another's: it was joined to the other's interface. */
export interface Move {
  readonly from: SessionId
  readonly to: SessionId
}

export const NO_MOVES: readonly Move[] = []

/** In the order of the journal's numbers for them. */
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
 * What an operator should know of, row by row in `ledger_events`:
 *
 *     reset              a counter began again at 0
 *     glitch             a counter, or a login, was wrong in some reading; `upload` and `download` are what was not
 *                        counted for it
 *     baseline           counting began where the counters were
 *     quarantine         more than a link can have carried, not counted
 *     reboot             the router's
 *     router_changed     another router answers at its address
 *     stall              a session that moves nothing
 *     uncounted          a session without counters
 *     unreadable         a row, or a counter, that is not written as it should be
 *     duplicate          one session in several rows of a reply
 *     impossible_uptime  a session older than its router
 *     moved              bytes that were counted for one account and are another's
 *     left_out           rows for which no session was opened, or static bindings whose counters are not kept, since the
 *                        router has more than its limits allow
 *     others             names beyond what a router may add to the daily tables in a day: their bytes are in `(others)`
 *     joined             events that one router had too many of, waiting for the database: how many of each kind
 *     discarded          readings that may not be recorded any more, since another daemon has read the router meanwhile
 *     set_aside          what the database refused for itself, with its bytes and the reason
 */
export interface LedgerEvent {
  readonly kind: (typeof EVENT_KINDS)[number]
  readonly at: Date
  readonly detail: Readonly<Record<string, unknown>>
}

/** Sessions by the number that a reading newly gave their rows, as they are after it. */
export interface NumberedSessions {
  readonly by: object
  readonly sessions: ReadonlyMap<number, Session>
}

/** The outcome of one reading: all that the ledger, the snapshots and the database need of it. */
export interface Decision {
  readonly service: Service
  readonly at: Moment
  readonly boot: Window
  /** The router that answered; absent where none did, and no earlier reading knew it. */
  readonly device: Device | undefined
  /** Whether it is another one than before. */
  readonly isReplaced: boolean
  /** Those that answered at the address before, and may again. */
  readonly away: readonly AwayReading[]
  /** Of what was counted before this reading. */
  readonly moves: readonly Move[]
  readonly entries: readonly Entry[]
  /** More `interim` entries, told in columns; absent where there are none. */
  readonly growth?: Growth
  /** Rows that no session was opened for; absent where there are none. Of no use to another process, as the next. */
  readonly leftOut?: number
  /** Absent where rows have no numbers. */
  readonly numbered?: NumberedSessions
  readonly events: readonly LedgerEvent[]
  /** Static bindings whose counters moved, by name. */
  readonly bindings: Bindings
}

/** The bytes that a decision counted, of all its sessions. */
export function countedBy({ entries, growth }: Decision): ByteSum {
  const total = new Total()
  for (const entry of entries)
    if (entry.kind !== 'stop') for (const { delta } of entry.counted) total.add(delta.upload, delta.download)
  return growth ? addSums(growth.total, total.sum) : total.sum
}

const NOBODY: ReadonlySet<SessionId> = new Set()

/** The sessions that a decision tells one by one, and not as growth. */
export function toldOneByOne({ entries, numbered }: Decision): ReadonlySet<SessionId> {
  if (entries.length === 0 && !numbered?.sessions.size) return NOBODY
  const ids = new Set(entries.map(({ session }) => session.id))
  for (const { id } of numbered?.sessions.values() ?? []) ids.add(id)
  return ids
}

type Interim = Extract<Entry, { kind: 'interim' }>

/**
 * One of its sessions as an entry. Not to be asked for once it was adopted.
 * @param place of the session in the growth
 * @param steadyMs of the reading
 */
export function entryOfGrowth(growth: Growth, place: number, steadyMs: number): Interim {
  const { columns, numbers, from, to } = growth
  const number = numbers[place] ?? -1
  const details = columns.details[number]
  if (!details) throw new RangeError(`no session has number ${number}`)
  const delta = { upload: growth.upload[place] ?? 0, download: growth.download[place] ?? 0 }
  const upload = (columns.upload[number] ?? 0) + delta.upload
  const download = (columns.download[number] ?? 0) + delta.download
  const session = sessionOf(details, { upload, download }, steadyMs)
  return { kind: 'interim', session, counted: [{ delta, from, to }] }
}
