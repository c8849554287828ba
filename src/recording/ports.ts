import type { ByteSum } from '../accounting/bytes.ts'
import type { RouterId, RouterKey, TenantId } from '../accounting/ids.ts'
import type { Ledger } from '../accounting/ledger.ts'
import type { OthersShare } from '../accounting/limits/others.ts'
import type { SessionLimits } from '../accounting/limits/session-budget.ts'
import type { Service } from '../accounting/reading.ts'
import type { Pending } from '../accounting/waiting/pending.ts'

/** A router among those of all tenants. */
export interface RouterRef {
  readonly tenant: TenantId
  readonly router: RouterId
}

/** Where the numbers are kept. */
export interface LedgerStore {
  /**
   * Writes many routers' pending in one transaction. A rejection may have written it or not: the same pending is
   * offered again, and told `already` where it had been.
   */
  commit(batch: readonly RouterCommit[]): Promise<ReadonlyMap<RouterKey, CommitOutcome>>
}

export interface RouterCommit extends RouterRef {
  /** Of the lease under which it is committed. */
  readonly epoch: number
  /** By which the names are limited that it adds to the daily tables. */
  readonly limits: Pick<SessionLimits, 'maxSessions'>
  readonly pending: Pending
}

/** Something that was not written, and why. */
export interface SetAside {
  readonly what: string
  readonly reason: string
}

export type CommitOutcome =
  /**
   * All of it, but for what the database will not have for itself; what is set aside for the first time is told, and
   * what went to `(others)`.
   */
  | {
      readonly kind: 'committed'
      readonly setAside?: readonly SetAside[]
      readonly others?: readonly OthersShare[]
    }
  | { readonly kind: 'already' }
  /** Another daemon has taken the router: this will never be written. */
  | { readonly kind: 'lost' }
  /** The database is at `position`, not where the last commit left it, and no other daemon took the router: a bug. */
  | { readonly kind: 'conflict'; readonly position: number }
  /** The database will not have what is in it, and not set it aside either; nothing of it was written. */
  | { readonly kind: 'refused'; readonly reason: string }

/** A router as the database has it. */
export interface StoredRouter {
  readonly position: number
  /** Of the lease under which it was last committed; 0 where it never was. */
  readonly committedEpoch: number
  /** Of each service that it was ever read for. */
  readonly ledgers: ReadonlyMap<Service, Ledger>
}

/** Readings that may not be recorded any more: another daemon has read their router meanwhile. */
export interface DiscardedReadings extends RouterRef {
  readonly at: Date
  /** How many they are, their bytes, and why. */
  readonly detail: Readonly<Record<string, unknown>>
}

/** A router's bytes in all, and on each of the tenant's last days (`2026-11-24`). */
export interface StoredRollup {
  readonly total: ByteSum
  readonly days: ReadonlyMap<string, ByteSum>
  /** The last decision on an event whose bytes are in it, where they were accepted. */
  readonly lastDecision: number
}

/** What somebody decided of an event's bytes, as far as it moves numbers. */
export interface StoredDecision extends RouterRef {
  /** In the order in which they can be seen. */
  readonly id: number
  /** The tenant's day that the bytes were added to, in all tables; absent where they were rejected. */
  readonly credit: { readonly day: string; readonly bytes: ByteSum } | undefined
}

/** A router that is not read here, as the last commit of whoever reads it left it. */
export interface StoredOtherRouter {
  /** Another one after each commit. */
  readonly stamp: string
  readonly rollup: StoredRollup | undefined
  /** By service, where it was ever read. */
  readonly services: ReadonlyMap<Service, StoredService>
}

/** What the database has of one service of such a router. */
export interface StoredService {
  readonly readAt: Date
  /** The names of its live sessions, one for each. */
  readonly online: readonly string[]
  /** How many of them have no counters. */
  readonly uncounted: number
}
