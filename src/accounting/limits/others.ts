import type { ByteSum } from '../bytes.ts'

/**
 * The name of the rows in `usage_daily` that have the bytes of all names beyond a router's budget. A subscriber with
 * this very name shares them.
 */
export const OTHERS = '(others)'

/**
 * The most new names of a router in the daily tables on one of the tenant's days, all services together. It is also the
 * most static bindings whose counters are kept.
 */
export function namesADay({ maxSessions }: { readonly maxSessions: number }): number {
  return 2 * maxSessions
}

/** What a commit added to `OTHERS` on one of the tenant's days, for names beyond the budget. */
export interface OthersShare {
  /** `2026-11-24` */
  readonly day: string
  /** Whether it is the router's first on that day. */
  readonly isFirst: boolean
  readonly bytes: ByteSum
}
