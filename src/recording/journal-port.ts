import type { Decision } from '../accounting/entry.ts'
import type { RouterKey } from '../accounting/ids.ts'
import type { Pending } from '../accounting/waiting/pending.ts'

/** Where readings become durable, whatever the database does. */
export interface Journal {
  /** Resolves to whether the decision is durable; never rejects. One that is not is adopted all the same. */
  append(record: JournaledDecision): Promise<boolean>
  /** The database has a router up to a position. */
  committed(router: RouterKey, epoch: number, position: number): void
}

export interface JournaledDecision {
  readonly kind: 'decision'
  readonly router: RouterKey
  readonly epoch: number
  readonly position: number
  readonly decision: Decision
}

/** All of a router that the database has not got. */
export interface Checkpoint {
  readonly kind: 'checkpoint'
  readonly router: RouterKey
  readonly epoch: number
  readonly pending: readonly Pending[]
}
