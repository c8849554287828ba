import type { RouterId, RouterKey, TenantId } from '../accounting/ids.ts'
import type {
  DiscardedReadings,
  RouterRef,
  StoredDecision,
  StoredElsewhere,
  StoredRollup,
  StoredRouter,
} from '../recording/ports.ts'

/** What the database keeps of tenants and routers. */
export interface RosterStore {
  syncConfig(tenants: readonly SyncedTenant[]): Promise<void>
  /** What has left the config: all tenants, and those routers that have open sessions. */
  loadRemoved(): Promise<Removed>
  load(routers: readonly RouterRef[]): Promise<ReadonlyMap<RouterKey, StoredRouter>>
  loadRollups(
    tenants: readonly TenantId[],
    routers: readonly RouterId[] | 'all',
  ): Promise<ReadonlyMap<TenantId, ReadonlyMap<RouterId, StoredRollup>>>
  /**
   * All that the database knows of these tenants' routers, but of those that are here.
   * @param known as they were read before; what has not moved since is the same object
   */
  loadElsewhere(
    tenants: readonly TenantId[],
    here: ReadonlySet<RouterKey>,
    known: ReadonlyMap<RouterKey, StoredElsewhere>,
  ): Promise<ReadonlyMap<TenantId, ReadonlyMap<RouterId, StoredElsewhere>>>
  /** Of the last decision on an event; 0 where there was none. */
  loadLastDecision(): Promise<number>
  /** The next decisions after one, in their order; none where there is no more. */
  loadDecisions(after: number): Promise<readonly StoredDecision[]>
  recordDiscarded(readings: readonly DiscardedReadings[]): Promise<void>
}

export interface Removed {
  readonly tenants: readonly Pick<SyncedTenant, 'id' | 'timezone'>[]
  readonly routers: readonly RouterRef[]
}

/** A tenant of the config, as the tables have it. */
export interface SyncedTenant {
  readonly id: TenantId
  readonly name: string
  readonly timezone: string
  readonly routers: readonly SyncedRouter[]
}

export interface SyncedRouter {
  readonly id: RouterId
  readonly name: string
  readonly host: string
}

/** Which routers are this daemon's, as the database says. */
export interface Leases {
  /**
   * Takes those that are free, have expired, or were this daemon's in an earlier run.
   * @returns the epochs of those that were taken
   */
  acquire(routers: readonly RouterRef[]): Promise<ReadonlyMap<RouterKey, number>>
  /** @returns the routers that are still this daemon's */
  renew(leases: ReadonlyMap<RouterKey, number>): Promise<ReadonlySet<RouterKey>>
  release(leases: ReadonlyMap<RouterKey, number>): Promise<void>
  /** A process with this daemon's id that was started later, if there is one: it takes the routers, and we none. */
  newer(): Promise<NewerDaemon | undefined>
}

/** A process with the same id that was started later: of a copy of the disk, unless this one was paused meanwhile. */
export interface NewerDaemon {
  readonly host: string
  readonly startedAt: Date
}
