import { addBytes, type Bytes, isNothing, NO_BYTES } from './bytes.ts'
import type { SessionId } from './ids.ts'
import type { Service, SessionReading, Window } from './reading.ts'

/**
 * How far a session's counters have been counted:
 *
 *     counted   up to `counters`. They were last known at the ledger's last reading, or, where readings since had
 *               none (rule 11), at `sinceMs` on the steady clock.
 *     owed      never known yet. What they show first is all new `from: 'login'` (rule 8), or on a static binding
 *               what came on top of its last value (rule 10); `from: 'baseline'` it is where counting begins (rule 9).
 */
export type Mark =
  | { readonly kind: 'counted'; readonly counters: Bytes; readonly sinceMs: number | undefined }
  | { readonly kind: 'owed'; readonly from: 'login' | 'baseline' }

/** One login of one subscriber, open in a ledger: it was in the ledger's last reading. */
export interface Session {
  readonly id: SessionId
  readonly service: Service
  readonly protocol: string
  readonly username: string
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
  /** Whether it was reported as stalled (rule 13). */
  readonly isStallReported: boolean
}

/** What a session is told by, apart from its login time (rule 1). */
export type Identity = Pick<
  SessionReading,
  'username' | 'server' | 'macAddress' | 'ipAddress' | 'routerSessionId' | 'callerId'
>

/** The same for every reading of one session on one router; not unique without the login time. */
export function identityKey(service: Service, it: Identity): string {
  switch (service) {
    case 'hotspot':
      return `${it.server ?? ''}\0${it.username}\0${it.macAddress ?? ''}\0${it.ipAddress ?? ''}`
    case 'ppp':
      return `${it.username}\0${it.routerSessionId ?? ''}\0${it.callerId ?? ''}`
    default:
      return service satisfies never
  }
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
 * @returns `undefined` for one whose counters were not known
 */
export function grownSession(session: Session, by: Bytes, lastMovedMs: number): Session | undefined {
  if (session.mark.kind !== 'counted') return undefined
  const mark = { kind: 'counted', counters: addBytes(session.mark.counters, by), sinceMs: undefined } as const
  return withMoving(session, mark, addBytes(session.recorded, by), lastMovedMs)
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
    isStallReported: it.isStallReported,
  }
}

/**
 * What of a session stands while it does nothing but grow; with its counters and when it last moved, which are kept
 * in columns, it is the session. A fleet has millions of them, so it is one object, and most have their parts in
 * common.
 */
export interface Standing extends Omit<Session, Moving> {
  /** Absent where it has been counted up to its counters: only then it can grow. */
  readonly mark: Mark | undefined
  /** What was recorded beyond the counters, below 0 where counting began later; all of it where there is a mark. */
  readonly beyond: Bytes
}

export function standingOf(session: Session): Standing {
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
    server: session.server,
    macAddress: session.macAddress,
    ipAddress: session.ipAddress,
    routerSessionId: session.routerSessionId,
    callerId: session.callerId,
    binding: session.binding,
    startMs: session.startMs,
    login: session.login,
    isStallReported: session.isStallReported,
    mark: counters ? undefined : mark,
    beyond: isNothing(beyond) ? NO_BYTES : beyond,
  }
}

/** @param counters as they are now; of no meaning where it has a mark */
export function sessionOf(standing: Standing, counters: Bytes, lastMovedMs: number): Session {
  const { mark, beyond } = standing
  return mark
    ? withMoving(standing, mark, beyond, lastMovedMs)
    : withMoving(
        standing,
        { kind: 'counted', counters, sinceMs: undefined },
        addBytes(counters, beyond),
        lastMovedMs,
      )
}

/** Whether the counters were known at the last reading. */
export function isCounting(mark: Mark): mark is Extract<Mark, { kind: 'counted' }> {
  return mark.kind === 'counted' && mark.sinceMs === undefined
}
