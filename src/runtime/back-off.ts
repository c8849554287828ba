/** The first and the longest wait after failures in a row, in milliseconds. */
export interface Waits {
  readonly firstMs: number
  readonly mostMs: number
}

/**
 * Milliseconds to wait after a failure. The wait doubles with each failure. It is shortened by up to a half at random, so
 * that what failed together does not try again together.
 * @param failures in a row, including this one
 * @param random in [0, 1)
 */
export function backOffMs({ firstMs, mostMs }: Waits, failures: number, random: number): number {
  // The limit of 2^20 keeps the product finite. It is longer than any longest wait.
  const fullMs = Math.min(mostMs, firstMs * 2 ** Math.min(failures - 1, 20))
  return Math.round(fullMs * (1 - random / 2))
}
