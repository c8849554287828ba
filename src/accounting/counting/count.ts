import { addBytes, type Bytes, isNothing, NO_BYTES } from '../bytes.ts'
import { type CountedSpan, type LedgerEvent, NOTHING_COUNTED } from '../entry.ts'
import type { Moment, SessionReading, Window } from '../reading.ts'
import { isCountedUpTo, type Session } from '../session.ts'
import { notBeforeRouters } from '../window.ts'
import { type Bindings, beginOn } from './bindings.ts'
import { type Finding, hasMoved, judge, judgeAtEnd, quarantined, type Verdict } from './counter.ts'
import { type CountedMark, countedUpTo, type OwedMark } from './mark.ts'
import { isPlausible } from './plausible.ts'

export interface CountOptions {
  readonly at: Moment
  readonly boot: Window
  /** The time of the last reading, by this process's steady clock. */
  readonly lastMs: number | undefined
  readonly plausibleBitsPerSecond: number
  /** Static bindings as they were before this reading. */
  readonly bindings: Bindings
  readonly report: (kind: LedgerEvent['kind'], session: Session, detail: Record<string, unknown>) => void
}

/** A session after counting, and what was counted for it. */
export interface CountedSession {
  readonly session: Session
  readonly counted: readonly CountedSpan[]
}

/**
 * Counts what the counters of one reading add to its sessions, with the spans in which the bytes are booked. The main
 * file of `counting/`: a session, a row and its counters in; the session and its counted spans out.
 */
export class Count {
  readonly #options: CountOptions

  constructor(options: CountOptions) {
    this.#options = options
  }

  /** Counts the counters of a row, by rules 6 to 12 (docs/accounting.md). */
  of(session: Session, row: SessionReading, shown: Bytes): CountedSession {
    const { mark } = session
    if (isCountedUpTo(session, shown)) return { session, counted: NOTHING_COUNTED }
    if (mark.kind === 'counted') return this.#next(session, mark, shown)
    return this.#first(session, mark, row, shown)
  }

  /**
   * Counts what is still due for a session that ends: what it showed since an undecided fall, if that is less than half
   * of its mark; or everything that it showed in its only reading.
   * @param lastSeenAt the last reading that had the session
   */
  atEnd(session: Session, lastSeenAt: Date): CountedSession {
    const { mark } = session
    if (mark.kind === 'counted') return this.#fallenAtEnd(session, mark, lastSeenAt)
    return mark.shown ? this.#only(session, mark.shown, lastSeenAt) : { session, counted: NOTHING_COUNTED }
  }

  /** The login by the wall clock of this reading. It is not before the router's boot (rule 25). */
  loginTime(uptimeSeconds: number): Date {
    const { at, boot } = this.#options
    const ms = Math.max(at.wall.getTime() - uptimeSeconds * 1_000, this.wallAt(boot.earliestMs).getTime())
    return new Date(notBeforeRouters(Math.min(ms, at.wall.getTime())))
  }

  /** The wall clock's time at an instant of the steady clock. */
  wallAt(steadyMs: number): Date {
    const { wall, steadyMs: nowMs } = this.#options.at
    return new Date(wall.getTime() - (nowMs - steadyMs))
  }

  #first(session: Session, mark: OwedMark, { uptimeSeconds }: SessionReading, shown: Bytes): CountedSession {
    const { at, bindings, report } = this.#options
    const binding = session.binding === undefined ? countedUpTo(NO_BYTES) : bindings.get(session.binding)
    const moved = { ...session, lastMovedMs: isNothing(shown) ? session.lastMovedMs : at.steadyMs }
    if (mark.from === 'baseline' || !binding) {
      report('baseline', session, { counters: shown, ...shown })
      return { session: { ...moved, mark: countedUpTo(shown) }, counted: NOTHING_COUNTED }
    }
    const login = this.loginTime(uptimeSeconds).getTime()
    const since = mark.sinceMs === undefined ? login : this.wallAt(mark.sinceMs).getTime()
    const from = new Date(Math.max(login, since))
    const lastMs = at.steadyMs - (at.wall.getTime() - from.getTime())
    const begun = beginOn(binding, lastMs)
    const judged = judge(begun, shown, { atMs: at.steadyMs, lastMs })
    this.#report(session, begun, judged.findings, shown)
    return this.#settle(moved, begun, shown, judged)
  }

  /** Counts what the first reading of a session showed, when a second reading has the session too (rule 20). */
  first(session: Session): CountedSession {
    const { lastMs, at } = this.#options
    const { mark } = session
    const shown = mark.kind === 'owed' ? mark.shown : undefined
    if (!shown) return { session, counted: NOTHING_COUNTED }
    return this.#only(session, shown, lastMs === undefined ? at.wall : this.wallAt(lastMs))
  }

  /** @param to the reading that showed it */
  #only(session: Session, shown: Bytes, to: Date): CountedSession {
    const begun = countedUpTo(NO_BYTES)
    const { wall, steadyMs } = this.#options.at
    const deltas = [{ bytes: shown, sinceMs: steadyMs - (wall.getTime() - session.startMs) }]
    return this.#settle(session, begun, shown, { mark: countedUpTo(shown), deltas, findings: [] }, to)
  }

  #next(session: Session, mark: CountedMark, shown: Bytes): CountedSession {
    const { at, lastMs } = this.#options
    const judged = judge(mark, shown, { atMs: at.steadyMs, lastMs: lastMs ?? at.steadyMs })
    this.#report(session, mark, judged.findings, shown)
    const lastMovedMs = hasMoved(mark, shown) ? at.steadyMs : session.lastMovedMs
    return this.#settle({ ...session, lastMovedMs }, mark, shown, judged)
  }

  /** Rule 12: what no link can have carried is not counted, and counting continues from the new counters. */
  #settle(
    session: Session,
    before: CountedMark,
    shown: Bytes,
    { mark, deltas }: Verdict,
    to = this.#options.at.wall,
  ): CountedSession {
    const { plausibleBitsPerSecond, report, at } = this.#options
    let next: CountedMark = mark
    const spanned = deltas.map(({ bytes, sinceMs }) => ({ delta: bytes, from: this.wallAt(sinceMs) }))
    const plausible = spanned.filter(({ delta, from }) => {
      const elapsedMs = to.getTime() - from.getTime()
      if (isPlausible(delta, elapsedMs, plausibleBitsPerSecond)) return true
      report('quarantine', session, {
        reason: `more than ${plausibleBitsPerSecond} bit/s since ${from.toISOString()}`,
        before: session.mark.kind === 'counted' ? before.counters : null,
        after: shown,
        since: from.toISOString(),
        ...delta,
      })
      next = quarantined(before, next, at.steadyMs - (at.wall.getTime() - from.getTime()))
      return false
    })
    return add({ ...session, mark: next }, plausible, to)
  }

  #fallenAtEnd(session: Session, mark: CountedMark, lastSeenAt: Date): CountedSession {
    const { mark: next, deltas, findings, shown } = judgeAtEnd(mark)
    this.#report(session, mark, findings, shown)
    const spanned = deltas.map(({ bytes, sinceMs }) => ({ delta: bytes, from: this.wallAt(sinceMs) }))
    return add({ ...session, mark: next }, spanned, lastSeenAt)
  }

  /** Reports one event of each kind for both directions. */
  #report(session: Session, before: CountedMark, findings: readonly Finding[], shown: Bytes): void {
    for (const kind of ['reset', 'glitch'] as const) {
      const ofKind = findings.filter(finding => finding.kind === kind)
      if (ofKind.length === 0) continue
      const uncounted = Object.fromEntries(ofKind.map(it => [it.direction, it.uncounted]))
      this.#options.report(kind, session, {
        directions: ofKind.map(({ direction }) => direction),
        before: before.counters,
        after: shown,
        ...(kind === 'glitch' ? { ...NO_BYTES, ...uncounted } : {}),
      })
    }
  }
}

/** Bytes and the time since which they were moved. */
interface DeltaSince {
  readonly delta: Bytes
  readonly from: Date
}

function add(session: Session, spanned: readonly DeltaSince[], to: Date): CountedSession {
  const moved = spanned.filter(({ delta }) => !isNothing(delta))
  if (moved.length === 0) return { session, counted: NOTHING_COUNTED }
  const recorded = moved.reduce((sum, { delta }) => addBytes(sum, delta), session.recorded)
  return { session: { ...session, recorded }, counted: moved.map(it => ({ ...it, to })) }
}
