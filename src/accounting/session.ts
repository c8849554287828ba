import { addBytes, type Bytes, isNothing, NO_BYTES } from './bytes.ts'
import { type CountedMark, countedUpTo, isCounting, type Mark } from './counting/mark.ts'
import type { SessionId } from './ids.ts'
import type { Service, Window } from './reading.ts'
import type { Reported } from './reported.ts'

/** One login of one subscriber, open in a ledger. The ledger's last reading had it, unless it is `missed`. */
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
  /** The login by our wall clock at the first reading. A `Date` would be as large as all fields above. */
  readonly startMs: number
  /** The login by the steady clock. It follows the drift between the router's clock and ours. */
  readonly login: Window
  readonly mark: Mark
  /** All bytes that were counted for it so far. */
  readonly recorded: Bytes
  /** Steady milliseconds of the last reading that showed a new byte, or of the first. */
  readonly lastMovedMs: number
  /** The events that were reported of it. */
  readonly reported: Reported
  /** Set if the last reading lacked it. It ends with the next one that lacks it (docs/accounting.md rule 3). */
  readonly missed: Absence | undefined
  /** The PPP interface that it was joined to by a guess. */
  readonly guessed: string | undefined
  /** The PPP interface that it is assumed to be on, of several of its account. It may prove to be on another of them. */
  readonly among: string | undefined
}

/** The times of a session that the last reading lacked, by our wall clock. */
export interface Absence {
  /** The last reading that had the session. */
  readonly lastSeenMs: number
  /** When it was gone: the reading that missed it, or earlier if a `listen` reported the logout. */
  readonly goneMs: number
}

/** Whether counters that were known at the last reading are the same now. That is the usual case, with nothing to do. */
export function isCountedUpTo(session: Session, counters: Bytes): boolean {
  const { mark } = session
  return (
    isCounting(mark) &&
    mark.counters.upload === counters.upload &&
    mark.counters.download === counters.download
  )
}

/**
 * The session after the usual reading: its counters and its sum grew by the same amount, and nothing else changed.
 * @param lastMovedMs steady milliseconds of the reading that showed the newest bytes
 * @returns `undefined` for a session whose counters were never known
 */
export function grownSession(session: Session, by: Bytes, lastMovedMs: number): Session | undefined {
  if (session.mark.kind !== 'counted') return undefined
  const mark = { ...session.mark, counters: addBytes(session.mark.counters, by), sinceMs: undefined }
  return withGrowing(session, mark, addBytes(session.recorded, by), lastMovedMs)
}

/** Rule 11: the next known counters carry the difference. @param lastMs steady milliseconds of the last reading */
export function withoutCounters(session: Session, lastMs: number | undefined): Session {
  const { mark } = session
  if (mark.kind !== 'counted' || mark.sinceMs !== undefined) return session
  return { ...session, mark: { ...mark, sinceMs: lastMs } }
}

/** For a session whose binding has another session now, so that the counters are that session's. */
export function withoutDoubts(session: Session): Session {
  const { mark } = session
  return mark.kind === 'counted' && mark.doubts
    ? { ...session, mark: { ...mark, doubts: undefined } }
    : session
}

/** Whether only the next reading can show that it is a session of its own (rule 20). */
export function isShownOnly({ mark }: Session): boolean {
  return mark.kind === 'owed' && mark.shown !== undefined
}

/** The fields that change when a session only grows. */
type GrowingField = 'mark' | 'recorded' | 'lastMovedMs'

/** Copies field by field, because a spread would take most of the time of a replay. */
function withGrowing(
  rest: Omit<Session, GrowingField>,
  mark: Mark,
  recorded: Bytes,
  lastMovedMs: number,
): Session {
  return {
    id: rest.id,
    service: rest.service,
    protocol: rest.protocol,
    username: rest.username,
    domain: rest.domain,
    server: rest.server,
    macAddress: rest.macAddress,
    ipAddress: rest.ipAddress,
    routerSessionId: rest.routerSessionId,
    callerId: rest.callerId,
    binding: rest.binding,
    startMs: rest.startMs,
    login: rest.login,
    mark,
    recorded,
    lastMovedMs,
    reported: rest.reported,
    missed: rest.missed,
    guessed: rest.guessed,
    among: rest.among,
  }
}

/**
 * The fields of a session that do not change while it only grows. Columns keep the others: its counters, and when it
 * last moved. A fleet has millions of sessions, so this is one object, and most of them share its parts.
 */
export interface SessionDetails extends Omit<Session, GrowingField> {
  /** Absent if the session has been counted up to its counters. Only then it can grow. */
  readonly mark: Mark | undefined
  /** The doubts of a session that can grow. */
  readonly doubts: CountedMark['doubts']
  /** Recorded bytes minus counters, below 0 if counting began later; all recorded bytes if there is a mark. */
  readonly beyond: Bytes
}

/** The details of a session. `sessionOf` is the reverse. */

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

/** The session with these details. @param counters as they are now; not used if the details have a mark */
export function sessionOf(details: SessionDetails, counters: Bytes, lastMovedMs: number): Session {
  const { mark, beyond, doubts } = details
  if (mark) return withGrowing(details, mark, beyond, lastMovedMs)
  const counted = doubts ? { ...countedUpTo(counters), doubts } : countedUpTo(counters)
  return withGrowing(details, counted, addBytes(counters, beyond), lastMovedMs)
}
