const SHORTEST_MS = 500
const LONGEST_MS = 30_000

/** This token will never be accepted. */
export const NOT_YOURS = 4403
/**
 * An early retry would end the same way: 1009 too large, 1013 the tokens' issuer does not answer, 4400 bad message,
 * 4429 too many.
 */
const LATER: readonly number[] = [1009, 1013, 4400, 4429]

/**
 * How long to wait before the next attempt, in milliseconds: 0.5 to 1 s at first, doubled each time, up to 15 to 30 s.
 * It is random so that the clients of a restarted server do not all come back at once.
 * @param failures number of failures in a row before this one
 * @param code close code of the last connection
 * @param random 0 to 1
 */
export function reconnectWaitMs(failures: number, code: number | undefined, random: number): number {
  const isLater = code !== undefined && LATER.includes(code)
  const longestMs = isLater ? LONGEST_MS : Math.min(LONGEST_MS, 2 * SHORTEST_MS * 2 ** failures)
  return (longestMs / 2) * (1 + random)
}
