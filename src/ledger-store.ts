import type { RouterId, RouterKey, TenantId } from './accounting/ids.ts'
import type { Ledger } from './accounting/ledger.ts'
import type { Pending } from './accounting/pending.ts'
import type { Service } from './accounting/reading.ts'

/** Where the numbers are kept. */
export interface LedgerStore {
  /**
   * Writes many routers' pending in one transaction. A rejection may have written it or not: the same pending is
   * offered again, and told `already` where it had been.
   */
  commit(batch: readonly RouterCommit[]): Promise<ReadonlyMap<RouterKey, CommitOutcome>>
}

export interface RouterCommit {
  readonly tenant: TenantId
  readonly router: RouterId
  readonly pending: Pending
}

export type CommitOutcome =
  | { readonly kind: 'committed' }
  | { readonly kind: 'already' }
  /** Somebody else wrote this router since it was loaded. */
  | { readonly kind: 'conflict' }
  /** The database will not have what is in it; nothing of it was written. */
  | { readonly kind: 'refused'; readonly reason: string }

/** A router as the database has it. */
export interface StoredRouter {
  readonly position: number
  readonly ledgers: Readonly<Record<Service, Ledger>>
}

/** Another process writes the same router: what this one holds of it can't be added to what is there now. */
export class OwnershipLost extends Error {
  override readonly name = 'OwnershipLost'
}
