import type { Bytes } from './bytes.ts'
import type { Growth } from './columns.ts'
import type { SessionId } from './ids.ts'
import type { Moment, Service, Window } from './reading.ts'
import type { Session } from './session.ts'

/** Bytes and the span they were moved in, by our wall clock: (from, to] (rule 15). */
export interface Counted {
  readonly delta: Bytes
  readonly from: Date
  readonly to: Date
}

/** `removed`: its router left the config. */
export type EndReason = 'logout' | 'reboot' | 'removed'

/** What a reading does to one session, named as RADIUS accounting names it; `session` is what it is afterwards. */
export type Entry =
  | { readonly kind: 'start'; readonly session: Session; readonly counted: Counted | undefined }
  | { readonly kind: 'interim'; readonly session: Session; readonly counted: Counted | undefined }
  | {
      readonly kind: 'stop'
      readonly session: Session
      /** The last reading that had the session. */
      readonly lastSeenAt: Date
      readonly endTime: Date
      readonly reason: EndReason
    }

/**
 * What an operator should know of, row by row in `ledger_events`. `discarded`: readings that may not be recorded any
 * more, since another daemon has read the router meanwhile; with their bytes. `set_aside`: what the database refused
 * for itself, with its bytes and the reason.
 */
export interface LedgerEvent {
  readonly kind: 'reset' | 'baseline' | 'quarantine' | 'reboot' | 'stall' | 'discarded' | 'set_aside'
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
  readonly entries: readonly Entry[]
  /** More `interim` entries, told in columns; absent where there are none. */
  readonly growth?: Growth
  /** Absent where rows have no numbers. Of no use to another process. */
  readonly numbered?: NumberedSessions
  readonly events: readonly LedgerEvent[]
  /** Static bindings whose counters moved, by name. */
  readonly bindings: ReadonlyMap<string, Bytes>
}

/** The sessions that a decision tells one by one, and not as growth. */
export function toldOneByOne({ entries, numbered }: Decision): ReadonlySet<SessionId> {
  const ids = new Set(entries.map(({ session }) => session.id))
  for (const { id } of numbered?.sessions.values() ?? []) ids.add(id)
  return ids
}
