import { EVENT_BYTES, ROW_BYTES, SHARE_BYTES } from './pending-weight.ts'

/** The size and age of what waits for the database of one router. */
export interface WaitingLoad {
  /** Approximate bytes of memory. */
  readonly bytes: number
  /** Time of the oldest waiting reading, by the wall clock; absent if nothing waits. */
  readonly since: Date | undefined
}

export const NO_LOAD: WaitingLoad = { bytes: 0, since: undefined }

/** Space that all routers share. */
export interface SharedSpace {
  readonly usedBytes: number
  readonly mostBytes: number
}

const HOUR_MS = 3_600_000
/** The used part of a space above which shares apply. */
const CROWDED = 0.5
/** The texts of an honest row. */
const TEXT_BYTES = 256
/** A router with fewer sessions is treated as if it had this many. */
const LEAST_SESSIONS = 100
/** The average session of a router lasts at least an hour. */
const TURNOVER_PER_HOUR = 1
/** The factor between the usual and too much. */
const MARGIN = 2

/** More than this of one router is committed at once. The first reading of 10,000 sessions takes about as much. */
export const HURRIED_BYTES = 8 * 1024 * 1024
/** Sessions that are listed one by one, for each that a router may have. */
const MOST_LISTED = 1.5

/**
 * How much of one router may wait while the database is busy. It is not read beyond that until its commit is done. If
 * the router restarted, some of its sessions begin and some end, and each of them is listed by itself.
 * @returns bytes by the weights of `pending-weight.ts`
 */
export function mostAtOnce(maxSessions: number): number {
  const listed = ROW_BYTES + TEXT_BYTES + SHARE_BYTES
  return Math.max(2 * HURRIED_BYTES, MOST_LISTED * maxSessions * listed)
}

/** Whether a space is so full that shares apply (docs/accounting.md rule 35). */
export function isCrowded({ usedBytes, mostBytes }: SharedSpace): boolean {
  return usedBytes > mostBytes * CROWDED
}

/**
 * What an honest router can have waiting after some time: its open sessions and those that ended, each with its bytes in
 * every bucket, and one event for each.
 * @param sessions number of open sessions
 * @returns bytes by the weights of `pending-weight.ts`
 */
export function honestBytes(sessions: number, waitingMs: number, bucketMs: number): number {
  const open = sessions + LEAST_SESSIONS
  const ended = (open * TURNOVER_PER_HOUR * Math.max(0, waitingMs)) / HOUR_MS
  const buckets = Math.max(0, waitingMs) / bucketMs + 2
  const shares = open * buckets + ended * (HOUR_MS / TURNOVER_PER_HOUR / bucketMs + 2)
  return MARGIN * ((open + ended) * (ROW_BYTES + TEXT_BYTES + EVENT_BYTES) + shares * SHARE_BYTES)
}

/**
 * The bytes of a crowded space that one router may fill: its part of the sessions that all routers may have, and never
 * less than an honest router needs.
 */
export function shareOf(
  space: Pick<SharedSpace, 'mostBytes'>,
  { maxSessions, allSessions }: { readonly maxSessions: number; readonly allSessions: number },
  needBytes: number,
): number {
  return Math.max((space.mostBytes * maxSessions) / allSessions, needBytes)
}
