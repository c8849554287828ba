import type { EndReason } from '../entry.ts'
import type { SessionId } from '../ids.ts'
import type { Session } from '../session.ts'
import type { Share } from '../spread.ts'
import { mergeShares } from './share-sums.ts'

/** What waits for the database of one session: the session as it is now, and the bytes that were added, by bucket. */
export interface PendingSession {
  readonly session: Session
  /** Whether the database has no row of it yet. */
  readonly isNew: boolean
  /** Whether only its counters, its bytes and the time when it last moved differ from the database. */
  readonly isOnlyGrown: boolean
  readonly end: PendingEnd | undefined
  /** Shares by the start of the bucket, in milliseconds. */
  readonly shares: ReadonlyMap<number, Share>
}

export interface PendingEnd {
  readonly lastSeenAt: Date
  readonly endTime: Date
  readonly reason: EndReason
  /** As in the `stop` entry. */
  readonly device: string | undefined
}

/** A map that sessions are merged into. */
interface SessionsById {
  get(id: SessionId): PendingSession | undefined
  set(id: SessionId, change: PendingSession): void
}

/** Adds to a session what it grew by. */
export function addGrown(sessions: SessionsById, session: Session, share: Share): void {
  const shares = new Map([[share.bucketStartMs, share]])
  const change = { session, isNew: false, isOnlyGrown: true, end: undefined, shares }
  sessions.set(session.id, mergeSession(sessions.get(session.id), change))
}

/** The session as in `newer`, with the bytes of both. */
export function mergeSession(older: PendingSession | undefined, newer: PendingSession): PendingSession {
  if (!older) return newer
  const isOnlyGrown = older.isOnlyGrown && newer.isOnlyGrown
  return { ...newer, isNew: older.isNew, isOnlyGrown, shares: mergeShares(older.shares, newer.shares) }
}
