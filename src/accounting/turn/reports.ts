import { isUncounted } from '../counting/mark.ts'
import type { LedgerEvent } from '../entry.ts'
import type { UniqueRow } from '../matching/match.ts'
import type { Moment, UnreadRow, Window } from '../reading.ts'
import { isReported, type ReportedOnce, withReported } from '../reported.ts'
import type { Session } from '../session.ts'
import { toleranceMs } from '../window.ts'

export interface ReportsOptions {
  readonly at: Moment
  readonly boot: Window
  readonly stalledAfterMs: number
}

/** Collects the events of one reading. Most kinds are reported once for each session. */
export class Reports {
  readonly events: LedgerEvent[] = []
  readonly #options: ReportsOptions

  constructor(options: ReportsOptions) {
    this.#options = options
  }

  /** Adds an event that is not about one session. */
  add(kind: LedgerEvent['kind'], detail: LedgerEvent['detail']): void {
    this.events.push({ kind, at: this.#options.at.wall, detail })
  }

  /** Adds an event about a session. */
  readonly of = (kind: LedgerEvent['kind'], session: Session, detail: LedgerEvent['detail']): void => {
    const { id, service, username } = session
    this.add(kind, { session_id: id, service, username, ...detail })
  }

  /** Reports what a row shows. @returns the session, with its reported events; the next two methods do the same */
  row(session: Session, { row, isDuplicate }: UniqueRow): Session {
    const { boot, at } = this.#options
    let next = this.idle(session)
    if (isDuplicate || row.joined?.isTwice) next = this.#once('duplicate', next, {})
    if (row.unreadable) next = this.#once('unreadable', next, { ...row.unreadable })
    if (row.login.latestMs < boot.earliestMs - toleranceMs(at.steadyMs - boot.earliestMs))
      next = this.#once('impossible_uptime', next, { uptime_seconds: row.uptimeSeconds })
    return next
  }

  unread(session: Session, { unreadable }: UnreadRow): Session {
    return this.#once('unreadable', session, { ...unreadable })
  }

  /** Rule 13 (docs/accounting.md), and rule 27 for a session without counters. */
  idle(session: Session): Session {
    const { mark } = session
    const { at, stalledAfterMs } = this.#options
    const sinceMs = (mark.kind === 'counted' ? mark.sinceMs : undefined) ?? session.lastMovedMs
    const forMs = at.steadyMs - sinceMs
    if (forMs < stalledAfterMs) return session
    const seconds = Math.round(forMs / 1000)
    return isUncounted(mark)
      ? this.#once('uncounted', session, { uncounted_seconds: seconds })
      : this.#once('stall', session, { idle_seconds: seconds })
  }

  #once(kind: ReportedOnce, session: Session, detail: LedgerEvent['detail']): Session {
    if (isReported(session.reported, kind)) return session
    this.of(kind, session, detail)
    return { ...session, reported: withReported(session.reported, kind) }
  }
}
