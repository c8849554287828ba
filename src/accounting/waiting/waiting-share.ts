import { EVENT_BYTES, ROW_BYTES, SHARE_BYTES } from './pending-weight.ts'

/** What one router has waiting for the database. */
export interface WaitingLoad {
  /** Of memory, about. */
  readonly bytes: number
  /** Of the oldest reading of it, by the wall clock; absent where nothing waits. */
  readonly since: Date | undefined
}

export const NO_LOAD: WaitingLoad = { bytes: 0, since: undefined }

/** Something that all routers fill together, in bytes. */
export interface Whole {
  readonly usedBytes: number
  readonly mostBytes: number
}

const HOUR_MS = 3_600_000
/** Above it, shares bind. */
const CROWDED = 0.5
/** All texts of an honest row. */
const TEXT_BYTES = 256
/** A router with fewer sessions than this is looked at as if it had so many. */
const LEAST_SESSIONS = 100
/** A session lasts for an hour at the least, on the average of all of a router's. */
const TURNOVER_PER_HOUR = 1
/** Between what is usual and what is too much. */
const MARGIN = 2

/** Of one router: more is committed at once. The first reading of 10,000 sessions is about as much. */
export const HURRIED_BYTES = 8 * 1024 * 1024
/** Of all the sessions that a router may have. */
const MOST_TOLD = 1.5

/**
 * How much of one router may wait while the database takes it: no more is read of it until its commit is through. Of
 * all its sessions, as where it has restarted, some begin and some end, each told by itself.
 * @returns bytes, as what waits is weighed
 */
export function mostAtOnce(maxSessions: number): number {
  const told = ROW_BYTES + TEXT_BYTES + SHARE_BYTES
  return Math.max(2 * HURRIED_BYTES, MOST_TOLD * maxSessions * told)
}

export function isCrowded({ usedBytes, mostBytes }: Whole): boolean {
  return usedBytes > mostBytes * CROWDED
}

/**
 * What an honest router can have waiting after so long: its sessions and those that have ended, each with its bytes in
 * every bucket, and an event of each.
 * @param sessions that are open
 * @returns bytes, as what waits is weighed
 */
export function honestBytes(sessions: number, waitingMs: number, bucketMs: number): number {
  const open = sessions + LEAST_SESSIONS
  const ended = (open * TURNOVER_PER_HOUR * Math.max(0, waitingMs)) / HOUR_MS
  const buckets = Math.max(0, waitingMs) / bucketMs + 2
  const shares = open * buckets + ended * (HOUR_MS / TURNOVER_PER_HOUR / bucketMs + 2)
  return MARGIN * ((open + ended) * (ROW_BYTES + TEXT_BYTES + EVENT_BYTES) + shares * SHARE_BYTES)
}

/**
 * How much of a whole one router may fill while it is crowded: in proportion to the sessions that it and all may have,
 * and never less than an honest router needs.
 */
export function shareOf(
  whole: Pick<Whole, 'mostBytes'>,
  { maxSessions, allSessions }: { readonly maxSessions: number; readonly allSessions: number },
  needBytes: number,
): number {
  return Math.max((whole.mostBytes * maxSessions) / allSessions, needBytes)
}
