import type { ByteSum } from '../accounting/bytes.ts'
import type { RouterId, RouterKey, TenantId } from '../accounting/ids.ts'
import type { Ledger } from '../accounting/ledger.ts'
import type { OthersShare } from '../accounting/limits/others.ts'
import type { SessionLimits } from '../accounting/limits/session-budget.ts'
import type { Service } from '../accounting/reading.ts'
import type { Pending } from '../accounting/waiting/pending.ts'

/** Identifies a router among those of all tenants. */
export interface RouterRef {
  readonly tenant: TenantId
  readonly router: RouterId
}

/** The database, as the recorder uses it. */
export interface LedgerStore {
  /**
   * Writes the pending data of many routers in one transaction. After a rejection the data may have been written or not:
   * the same data is offered again, and the outcome is `already` if it had been.
   */
  commit(batch: readonly RouterCommit[]): Promise<ReadonlyMap<RouterKey, CommitOutcome>>
  /** Where a tenant's rows are. Commits of one place are cheapest together. */
  placeOf(tenant: TenantId): string
  /** How many slices of a commit it writes side by side. */
  readonly slicesAtOnce: number
}

/** All of one router that waits to be committed. */
export interface RouterCommit extends RouterRef {
  /** The epoch of the lease under which it is committed. */
  readonly epoch: number
  /** They limit the names that it may add to the daily tables. */
  readonly limits: Pick<SessionLimits, 'maxSessions'>
  readonly pending: Pending
}

/** Something that was not written because the database refuses it, in words for the log. */
export interface SetAside {
  readonly what: string
  readonly reason: string
}

/** What a commit led to, for one router. */
export type CommitOutcome =
  /** All of it was written, except for entries that the database refuses, which were recorded as set aside. */
  | {
      readonly kind: 'committed'
      /** What was set aside for the first time. */
      readonly setAside?: readonly SetAside[]
      /** What went to `(others)`. */
      readonly others?: readonly OthersShare[]
    }
  /** An earlier try wrote it, and its answer never arrived. */
  | { readonly kind: 'already' }
  /** Another daemon has taken the router. This will never be written. */
  | { readonly kind: 'lost' }
  /** The database is at `position`, not where the last commit left it, and no other daemon took the router: a bug. */
  | { readonly kind: 'conflict'; readonly position: number }
  /** The database refuses it, and even to set it aside. Nothing of it was written. */
  | { readonly kind: 'refused'; readonly reason: string }

/** A router as the database has it. */
export interface StoredRouter {
  readonly position: number
  /** The epoch of the lease under which it was last committed; 0 if it never was. */
  readonly committedEpoch: number
  /** The ledger of each service that it was ever read for. */
  readonly ledgers: ReadonlyMap<Service, Ledger>
}

/** Readings that must not be recorded, because another daemon has read their router meanwhile. */
export interface DiscardedReadings extends RouterRef {
  readonly at: Date
  /** How many they are, their bytes, and why. */
  readonly detail: Readonly<Record<string, unknown>>
}

/** A router's bytes in all, and on each of the tenant's last days (`2026-11-24`). */
export interface StoredRollup {
  readonly total: ByteSum
  readonly days: ReadonlyMap<string, ByteSum>
  /** Id of the last decision on an event. Bytes that it and earlier decisions credited are in the sums. */
  readonly lastDecision: number
}

/** An operator's decision about an event's bytes, as far as it changes numbers. */
export interface StoredDecision extends RouterRef {
  /** Decisions become visible in the order of their ids. */
  readonly id: number
  /** The tenant's day that the bytes were added to, in all tables; `undefined` if they were rejected. */
  readonly credit: { readonly day: string; readonly bytes: ByteSum } | undefined
}

/** A router that is not read here, as it was last committed. */
export interface StoredOtherRouter {
  /** Changes with each commit. */
  readonly stamp: string
  /** The name by which the configs of other daemons list it; `undefined` if no config does. */
  readonly name: string | undefined
  readonly rollup: StoredRollup | undefined
  /** By service that it was ever read for. */
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
