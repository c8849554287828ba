/** The waits after failures in a row, in milliseconds: the first one, and the longest. */
export interface Waits {
  readonly firstMs: number
  readonly mostMs: number
}

/**
 * Milliseconds to wait after a failure. The wait doubles with each failure, and is shorter by up to a half at random, so
 * that those who failed together do not come back together.
 * @param failures in a row, this one included
 * @param random in [0, 1)
 */
export function backOffMs({ firstMs, mostMs }: Waits, failures: number, random: number): number {
  // 2^20 times the first wait is more than any longest one.
  const fullMs = Math.min(mostMs, firstMs * 2 ** Math.min(failures - 1, 20))
  return Math.round(fullMs * (1 - random / 2))
}
