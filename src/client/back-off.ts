const SHORTEST_MS = 500
const LONGEST_MS = 30_000

/** This token will never do. */
export const NOT_YOURS = 4403
/**
 * The same again now would end the same: 1009 too large, 1013 the tokens' issuer doesn't answer, 4400 bad message,
 * 4429 too many.
 */
const LATER: readonly number[] = [1009, 1013, 4400, 4429]

/**
 * How long to wait before another attempt: 0.5 to 1 s at first, twice as long each time, to 15 to 30 s. Spread, so that
 * all the clients of a server that starts again don't come at once.
 * @param failures in a row before this one
 * @param code the last connection's close code
 * @param random 0 to 1
 */
export function backOffMs(failures: number, code: number | undefined, random: number): number {
  const isLater = code !== undefined && LATER.includes(code)
  const longestMs = isLater ? LONGEST_MS : Math.min(LONGEST_MS, 2 * SHORTEST_MS * 2 ** failures)
  return (longestMs / 2) * (1 + random)
}
