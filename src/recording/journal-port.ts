import type { Decision } from '../accounting/entry.ts'
import type { RouterKey } from '../accounting/ids.ts'
import type { Pending } from '../accounting/waiting/pending.ts'

/** The journal, which makes decisions durable while the database is away. */
export interface Journal {
  /** Resolves to whether the decision is durable; never rejects. A decision that is not durable is adopted anyway. */
  append(record: DecisionRecord): Promise<boolean>
  /** Notes that the database has a router up to a position. */
  committed(router: RouterKey, epoch: number, position: number): void
}

/** One reading's outcome. */
export interface DecisionRecord {
  readonly kind: 'decision'
  readonly router: RouterKey
  /** The epoch of the lease under which it was made. */
  readonly epoch: number
  /** The router's decisions, this one included. */
  readonly position: number
  readonly decision: Decision
}

/** All of a router that the database does not have. It replaces all the router's records up to its end. */
export interface CheckpointRecord {
  readonly kind: 'checkpoint'
  readonly router: RouterKey
  readonly epoch: number
  /** What was offered to the database, then what came since: the second begins where the first ends. At least one. */
  readonly pending: readonly Pending[]
}
