import type { Count } from '../counting/count.ts'
import { deviceKey } from '../device.ts'
import { type EndReason, type Entry, NOTHING_COUNTED } from '../entry.ts'
import type { LastReading } from '../ledger.ts'
import type { Reading } from '../reading.ts'
import { isShownOnly, type Session, withoutCounters, withoutDoubts } from '../session.ts'
import type { Reports } from './reports.ts'

export interface EndingsOptions {
  readonly reading: Reading
  readonly last: LastReading | undefined
  /** The time of the last reading, by this process's steady clock. */
  readonly lastMs: number | undefined
  readonly count: Count
  readonly reports: Reports
  /** The entries of the decision. Endings are added to them. */
  readonly entries: Entry[]
}

/** What takes the place of a session that a reading lacks. */
export interface Replacement {
  /** Whether a session of its identity that the last reading missed is back. */
  readonly isOtherBack: boolean
  /** Whether another session is on its static binding. The binding's counters then decide what is suspected. */
  readonly isPassedOn: boolean
}

/**
 * Ends sessions: at once, or with the second reading that lacks the session (docs/accounting.md rule 3). Entries come
 * out.
 */
export class Endings {
  readonly #options: EndingsOptions

  constructor(options: EndingsOptions) {
    this.#options = options
  }

  /** Handles a session that the reading lacks: it is missed the first time, and ends the second time. */
  lack(session: Session, { isOtherBack, isPassedOn }: Replacement): void {
    if (isShownOnly(session) && isOtherBack) this.#unmake(session)
    else if (session.missed) this.end(session, this.#options.reading.at.wall, 'logout')
    else this.#miss(isPassedOn ? withoutDoubts(session) : session)
  }

  /** Counts what is still due, and ends the session. @param at the end; an earlier one if a reading missed the session */
  end(session: Session, at: Date, reason: EndReason): void {
    const { session: next, counted } = this.#options.count.atEnd(session, this.#lastSeenAt(session))
    if (counted.length > 0) this.#options.entries.push({ kind: 'interim', session: next, counted })
    this.#stop(next, at, reason)
  }

  #miss(session: Session): void {
    const { last, lastMs, entries } = this.#options
    const lastSeenMs = last?.at.wall.getTime() ?? session.startMs
    const missed = { lastSeenMs, goneMs: Math.max(lastSeenMs, this.#goneAt(session).getTime()) }
    const next = { ...withoutCounters(session, lastMs), missed }
    entries.push({ kind: 'interim', session: next, counted: NOTHING_COUNTED })
  }

  /** When it was gone: the time that a `listen` reported, or else the reading that missed it. */
  #goneAt(session: Session): Date {
    const { at, rules, departures } = this.#options.reading
    const reported = departures?.get(rules.identityKey(session))
    return reported && reported < at.wall ? reported : at.wall
  }

  /** Rule 20: the session that this one seemed to replace is back, so the uptime in one reading was false. */
  #unmake(session: Session): void {
    const { reading, reports } = this.#options
    const shown = session.mark.kind === 'owed' ? session.mark.shown : undefined
    reports.of('glitch', session, { login: new Date(session.startMs).toISOString(), ...shown })
    this.#stop(session, reading.at.wall, 'logout')
  }

  /** @param at the end, unless an earlier reading missed it. It can lie before the last reading if a clock was set back. */
  #stop(session: Session, at: Date, reason: EndReason): void {
    const { last, entries } = this.#options
    const { missed } = session
    const lastSeenAt = this.#lastSeenAt(session)
    const endTime = laterOf(missed ? new Date(missed.goneMs) : at, lastSeenAt)
    // A session that only the last reading missed may come back with its router, so it ends with that reading, even if
    // the wall clock was set back since it was seen. A session that was gone before that reading does not come back.
    const isAway = reason === 'router_changed' && last !== undefined && endTime >= last.at.wall
    const until = (time: Date) => (isAway && time > last.at.wall ? last.at.wall : time)
    entries.push({
      ...{ kind: 'stop', session, lastSeenAt: until(lastSeenAt), endTime: until(endTime) },
      reason: missed && !isAway ? 'logout' : reason,
      device: isAway && last.device ? deviceKey(last.device) : undefined,
    })
  }

  #lastSeenAt({ missed, startMs }: Session): Date {
    return missed ? new Date(missed.lastSeenMs) : (this.#options.last?.at.wall ?? new Date(startMs))
  }
}

function laterOf(a: Date, b: Date): Date {
  return new Date(Math.max(a.getTime(), b.getTime()))
}
