import { addBytes, type Bytes, isNothing, NO_BYTES } from './bytes.ts'
import { type CountedMark, countedUpTo, isCounting, type Mark } from './counting/mark.ts'
import type { SessionId } from './ids.ts'
import type { Service, Window } from './reading.ts'
import type { Reported } from './reported.ts'

/** One login of one subscriber, open in a ledger: it was in the ledger's last reading, unless that one missed it. */
export interface Session {
  readonly id: SessionId
  readonly service: Service
  readonly protocol: string
  readonly username: string
  readonly domain: string | undefined
  readonly server: string | undefined
  readonly macAddress: string | undefined
  readonly ipAddress: string | undefined
  readonly routerSessionId: string | undefined
  readonly callerId: string | undefined
  readonly binding: string | undefined
  /** The login by our wall clock at the first reading: a `Date` would be as large as all that is above. */
  readonly startMs: number
  /** The login by the steady clock; follows the drift between the router's clock and ours. */
  readonly login: Window
  readonly mark: Mark
  /** All that was counted for it so far. */
  readonly recorded: Bytes
  /** Steady milliseconds of the last reading that showed a new byte, or of the first. */
  readonly lastMovedMs: number
  /** What was reported of it. */
  readonly reported: Reported
  /** Set where the last reading lacked it. It ends with the next one that does (docs/accounting.md rule 3). */
  readonly missed: Missed | undefined
  /** The PPP interface that it was joined to by a guess. */
  readonly guessed: string | undefined
  /** The PPP interface that it is on as one of several of its account: it may prove to be on another of them. */
  readonly among: string | undefined
}

/** By our wall clock. */
export interface Missed {
  /** The last reading that had the session. */
  readonly lastSeenMs: number
  /** When it left: the reading that missed it, or earlier where a `listen` reported it. */
  readonly goneMs: number
}

/** Whether counters that were known at the last reading are the same now: the usual case, and nothing to do. */
export function isCountedUpTo(session: Session, counters: Bytes): boolean {
  const { mark } = session
  return (
    isCounting(mark) &&
    mark.counters.upload === counters.upload &&
    mark.counters.download === counters.download
  )
}

/**
 * What a reading does to most sessions: its counters and its sum grew by the same, and all else stood.
 * @param lastMovedMs steady milliseconds of the reading that showed the newest of the bytes
 * @returns `undefined` for one whose counters were never known
 */
export function grownSession(session: Session, by: Bytes, lastMovedMs: number): Session | undefined {
  if (session.mark.kind !== 'counted') return undefined
  const mark = { ...session.mark, counters: addBytes(session.mark.counters, by), sinceMs: undefined }
  return withMoving(session, mark, addBytes(session.recorded, by), lastMovedMs)
}

/** Rule 11: the next known counters carry the difference. @param lastMs the last reading, in steady milliseconds */
export function withoutCounters(session: Session, lastMs: number | undefined): Session {
  const { mark } = session
  if (mark.kind !== 'counted' || mark.sinceMs !== undefined) return session
  return { ...session, mark: { ...mark, sinceMs: lastMs } }
}

/** For a session whose counters now belong to the next one on its binding. */
export function withoutDoubts(session: Session): Session {
  const { mark } = session
  return mark.kind === 'counted' && mark.doubts
    ? { ...session, mark: { ...mark, doubts: undefined } }
    : session
}

/** Whether only the next reading can show that it is a session at all. */
export function isShownOnly({ mark }: Session): boolean {
  return mark.kind === 'owed' && mark.shown !== undefined
}

/** What moves of a session. */
type Moving = 'mark' | 'recorded' | 'lastMovedMs'

/** Field by field: spread, it would take most of the time that a replay takes. */
function withMoving(it: Omit<Session, Moving>, mark: Mark, recorded: Bytes, lastMovedMs: number): Session {
  return {
    id: it.id,
    service: it.service,
    protocol: it.protocol,
    username: it.username,
    domain: it.domain,
    server: it.server,
    macAddress: it.macAddress,
    ipAddress: it.ipAddress,
    routerSessionId: it.routerSessionId,
    callerId: it.callerId,
    binding: it.binding,
    startMs: it.startMs,
    login: it.login,
    mark,
    recorded,
    lastMovedMs,
    reported: it.reported,
    missed: it.missed,
    guessed: it.guessed,
    among: it.among,
  }
}

/**
 * What of a session stands while it does nothing but grow; with its counters and when it last moved, which are kept
 * in columns, it is the session. A fleet has millions of them, so it is one object, and most have their parts in
 * common.
 */
export interface SessionDetails extends Omit<Session, Moving> {
  /** Absent where it has been counted up to its counters: only then it can grow. */
  readonly mark: Mark | undefined
  /** Of one that can grow. */
  readonly doubts: CountedMark['doubts']
  /** What was recorded beyond the counters, below 0 where counting began later; all of it where there is a mark. */
  readonly beyond: Bytes
}

export function detailsOf(session: Session): SessionDetails {
  const { mark, recorded } = session
  const counters = isCounting(mark) ? mark.counters : undefined
  const beyond = counters
    ? { upload: recorded.upload - counters.upload, download: recorded.download - counters.download }
    : recorded
  return {
    id: session.id,
    service: session.service,
    protocol: session.protocol,
    username: session.username,
    domain: session.domain,
    server: session.server,
    macAddress: session.macAddress,
    ipAddress: session.ipAddress,
    routerSessionId: session.routerSessionId,
    callerId: session.callerId,
    binding: session.binding,
    startMs: session.startMs,
    login: session.login,
    reported: session.reported,
    missed: session.missed,
    guessed: session.guessed,
    among: session.among,
    mark: counters ? undefined : mark,
    doubts: isCounting(mark) ? mark.doubts : undefined,
    beyond: isNothing(beyond) ? NO_BYTES : beyond,
  }
}

/** @param counters as they are now; of no meaning where it has a mark */
export function sessionOf(details: SessionDetails, counters: Bytes, lastMovedMs: number): Session {
  const { mark, beyond, doubts } = details
  if (mark) return withMoving(details, mark, beyond, lastMovedMs)
  const counted = doubts ? { ...countedUpTo(counters), doubts } : countedUpTo(counters)
  return withMoving(details, counted, addBytes(counters, beyond), lastMovedMs)
}
