import type { ByteSum } from '../bytes.ts'

/**
 * The name whose rows in `usage_daily` have the bytes of all names beyond a router's budget. A subscriber who is really
 * called so shares them.
 */
export const OTHERS = '(others)'

/**
 * How many new names a router may have in the daily tables on one of the tenant's days, all services together; and in
 * all, how many static bindings whose counters are kept.
 */
export function namesADay({ maxSessions }: { readonly maxSessions: number }): number {
  return 2 * maxSessions
}

/** What a commit added to `OTHERS` on one of the tenant's days, for names beyond the budget. */
export interface OthersShare {
  /** `2026-11-24` */
  readonly day: string
  /** Whether it is the first of the router on that day. */
  readonly isFirst: boolean
  readonly bytes: ByteSum
}
