import { addBytes, type Bytes, isNothing, NO_BYTES } from '../bytes.ts'
import { type Counted, type LedgerEvent, NOTHING_COUNTED } from '../entry.ts'
import type { Moment, SessionReading, Window } from '../reading.ts'
import { isCountedUpTo, type Session } from '../session.ts'
import { notBeforeRouters } from '../window.ts'
import { type Bindings, beginOn } from './bindings.ts'
import { type Finding, hasMoved, type Judged, judge, judgeAtEnd, quarantined } from './counter.ts'
import { type CountedMark, countedUpTo, type OwedMark } from './mark.ts'
import { isPlausible } from './plausible.ts'

export interface CountOptions {
  readonly at: Moment
  readonly boot: Window
  /** When the last reading was, by this process's steady clock. */
  readonly lastMs: number | undefined
  readonly plausibleBitsPerSecond: number
  /** Static bindings as they were before this reading. */
  readonly bindings: Bindings
  readonly report: (kind: LedgerEvent['kind'], session: Session, detail: Record<string, unknown>) => void
}

export interface CountedSession {
  readonly session: Session
  readonly counted: readonly Counted[]
}

/** What the counters of one reading add to its sessions, and the spans in which that is booked. */
export class Count {
  readonly #options: CountOptions

  constructor(options: CountOptions) {
    this.#options = options
  }

  /** Rules 6 to 12 (docs/accounting.md). */
  of(session: Session, row: SessionReading, shown: Bytes): CountedSession {
    const { mark } = session
    if (isCountedUpTo(session, shown)) return { session, counted: NOTHING_COUNTED }
    if (mark.kind === 'counted') return this.#next(session, mark, shown)
    return this.#first(session, mark, row, shown)
  }

  /**
   * Counts what is still due to a session that ends: what it showed since an undecided fall, if that is less than half
   * of its mark; or all that it showed in its only reading.
   * @param lastSeenAt the last reading that had it
   */
  atEnd(session: Session, lastSeenAt: Date): CountedSession {
    const { mark } = session
    if (mark.kind === 'counted') return this.#fallenAtEnd(session, mark, lastSeenAt)
    return mark.shown ? this.#only(session, mark.shown, lastSeenAt) : { session, counted: NOTHING_COUNTED }
  }

  /** By the wall clock of this reading, whatever it said at an earlier one. No session is older than its router. */
  loginTime(uptimeSeconds: number): Date {
    const { at, boot } = this.#options
    const ms = Math.max(at.wall.getTime() - uptimeSeconds * 1_000, this.wallAt(boot.earliestMs).getTime())
    return new Date(notBeforeRouters(Math.min(ms, at.wall.getTime())))
  }

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
    this.#tell(session, begun, judged.findings, shown)
    return this.#settle(moved, begun, shown, judged)
  }

  /** Counts what the first reading of a session showed, now that a second one has the session too. */
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
    this.#tell(session, mark, judged.findings, shown)
    const lastMovedMs = hasMoved(mark, shown) ? at.steadyMs : session.lastMovedMs
    return this.#settle({ ...session, lastMovedMs }, mark, shown, judged)
  }

  /** Rule 12: what no link can have carried is not counted, and counting goes on from where the counters are. */
  #settle(
    session: Session,
    before: CountedMark,
    shown: Bytes,
    { mark, deltas }: Judged,
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
    this.#tell(session, mark, findings, shown)
    const spanned = deltas.map(({ bytes, sinceMs }) => ({ delta: bytes, from: this.wallAt(sinceMs) }))
    return add({ ...session, mark: next }, spanned, lastSeenAt)
  }

  /** One event of a kind for both directions. */
  #tell(session: Session, before: CountedMark, findings: readonly Finding[], shown: Bytes): void {
    for (const kind of ['reset', 'glitch'] as const) {
      const its = findings.filter(finding => finding.kind === kind)
      if (its.length === 0) continue
      const uncounted = Object.fromEntries(its.map(it => [it.direction, it.uncounted]))
      this.#options.report(kind, session, {
        directions: its.map(({ direction }) => direction),
        before: before.counters,
        after: shown,
        ...(kind === 'glitch' ? { ...NO_BYTES, ...uncounted } : {}),
      })
    }
  }
}

interface Spanned {
  readonly delta: Bytes
  readonly from: Date
}

function add(session: Session, spanned: readonly Spanned[], to: Date): CountedSession {
  const moved = spanned.filter(({ delta }) => !isNothing(delta))
  if (moved.length === 0) return { session, counted: NOTHING_COUNTED }
  const recorded = moved.reduce((sum, { delta }) => addBytes(sum, delta), session.recorded)
  return { session: { ...session, recorded }, counted: moved.map(it => ({ ...it, to })) }
}
