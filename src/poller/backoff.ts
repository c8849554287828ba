const BRIEF = { firstMs: 1_000, mostMs: 30_000 }
/** Each refused login is a line in the router's log, and some firewalls count them. */
const PATIENT = { firstMs: 10_000, mostMs: 600_000 }

/**
 * How long to wait after a failure, in milliseconds: doubled each time, and reduced by a random part of up to a half,
 * so that routers behind one broken link do not come back in step.
 * @param failures number of failures in a row, including this one
 * @param random in [0, 1)
 */
export function backoffMs(failures: number, retryable: boolean, random: number): number {
  const { firstMs, mostMs } = retryable ? BRIEF : PATIENT
  const fullMs = Math.min(mostMs, firstMs * 2 ** Math.min(failures - 1, 20))
  return Math.round(fullMs * (1 - random / 2))
}
