import { backOffMs } from '../runtime/back-off.ts'

const BRIEF = { firstMs: 1_000, mostMs: 30_000 }
/** Each refused login is a line in the router's log, and some firewalls count them. */
const PATIENT = { firstMs: 10_000, mostMs: 600_000 }

/**
 * Milliseconds to wait before another attempt to read a router.
 * @param failures in a row, the last one included
 * @param retryable whether the last one may be over soon
 * @param random in [0, 1)
 */
export function retryWaitMs(failures: number, retryable: boolean, random: number): number {
  return backOffMs(retryable ? BRIEF : PATIENT, failures, random)
}
