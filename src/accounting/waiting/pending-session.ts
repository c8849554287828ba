import type { EndReason } from '../entry.ts'
import type { SessionId } from '../ids.ts'
import type { Session } from '../session.ts'
import type { Share } from '../spread.ts'
import { mergeShares } from './share-sums.ts'

/** One session's part of what waits for the database: what it is now, and what was added by bucket. */
export interface PendingSession {
  readonly session: Session
  /** Whether the database has no row of it yet. */
  readonly isNew: boolean
  /** Whether all that the database has of it stands, but its counters, its bytes and when it last moved. */
  readonly isOnlyGrown: boolean
  readonly end: PendingEnd | undefined
  /** By the bucket's start. */
  readonly shares: ReadonlyMap<number, Share>
}

export interface PendingEnd {
  readonly lastSeenAt: Date
  readonly endTime: Date
  readonly reason: EndReason
  /** As in its entry. */
  readonly device: string | undefined
}

/** Where sessions are put together. */
interface SessionsById {
  get(id: SessionId): PendingSession | undefined
  set(id: SessionId, change: PendingSession): void
}

/** What a session grew by, on top of what is there of it. */
export function addGrown(sessions: SessionsById, session: Session, share: Share): void {
  const shares = new Map([[share.bucketStartMs, share]])
  const change = { session, isNew: false, isOnlyGrown: true, end: undefined, shares }
  sessions.set(session.id, mergeSession(sessions.get(session.id), change))
}

/** A session as `newer` has it, with what both have of its bytes. */
export function mergeSession(older: PendingSession | undefined, newer: PendingSession): PendingSession {
  if (!older) return newer
  const isOnlyGrown = older.isOnlyGrown && newer.isOnlyGrown
  return { ...newer, isNew: older.isNew, isOnlyGrown, shares: mergeShares(older.shares, newer.shares) }
}
