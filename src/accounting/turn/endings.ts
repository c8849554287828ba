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
  /** When the last reading was, by this process's steady clock. */
  readonly lastMs: number | undefined
  readonly count: Count
  readonly reports: Reports
  /** Taken into. */
  readonly entries: Entry[]
}

/** What took the place of a session that a reading lacks. */
export interface Leaving {
  /** Whether a session of its identity that the last reading missed is back. */
  readonly isOtherBack: boolean
  /** Whether another session is on its static binding, whose counters now decide what is suspected. */
  readonly isPassedOn: boolean
}

/** Ends sessions: those that readings lack with the second such reading (docs/accounting.md rule 3), others at once. */
export class Endings {
  readonly #options: EndingsOptions

  constructor(options: EndingsOptions) {
    this.#options = options
  }

  leave(session: Session, { isOtherBack, isPassedOn }: Leaving): void {
    if (isShownOnly(session) && isOtherBack) this.#unmake(session)
    else if (session.missed) this.end(session, this.#options.reading.at.wall, 'logout')
    else this.#miss(isPassedOn ? withoutDoubts(session) : session)
  }

  /** Counts what is still due, and ends the session. @param at as for `#stop` */
  end(session: Session, at: Date, reason: EndReason): void {
    const { session: next, counted } = this.#options.count.atEnd(session, this.#lastSeenAt(session))
    if (counted.length > 0) this.#options.entries.push({ kind: 'interim', session: next, counted })
    this.#stop(next, at, reason)
  }

  #miss(session: Session): void {
    const { last, lastMs, entries } = this.#options
    const lastSeenMs = last?.at.wall.getTime() ?? session.startMs
    const missed = { lastSeenMs, goneMs: Math.max(lastSeenMs, this.#leftAt(session).getTime()) }
    const next = { ...withoutCounters(session, lastMs), missed }
    entries.push({ kind: 'interim', session: next, counted: NOTHING_COUNTED })
  }

  /** When it left: the time that a `listen` reported, or else the reading that missed it. */
  #leftAt(session: Session): Date {
    const { at, rules, departures } = this.#options.reading
    const reported = departures?.get(rules.identityKey(session))
    return reported && reported < at.wall ? reported : at.wall
  }

  /** Rule 20: the session that this one seemed to replace is back, so one reading had a false uptime. */
  #unmake(session: Session): void {
    const { reading, reports } = this.#options
    const shown = session.mark.kind === 'owed' ? session.mark.shown : undefined
    reports.of('glitch', session, { login: new Date(session.startMs).toISOString(), ...shown })
    this.#stop(session, reading.at.wall, 'logout')
  }

  /** @param at its end, unless an earlier reading missed it; after a clock was set back it can lie before its last reading */
  #stop(session: Session, at: Date, reason: EndReason): void {
    const { last, entries } = this.#options
    const { missed } = session
    const lastSeenAt = this.#lastSeenAt(session)
    const endTime = laterOf(missed ? new Date(missed.goneMs) : at, lastSeenAt)
    // A session that only the last reading missed may come back with its router; not so one that is known to have left
    // before it. Such a session ends with that reading, also where the wall clock was set back since it was seen.
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
