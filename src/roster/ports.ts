import type { RouterId, RouterKey, TenantId } from '../accounting/ids.ts'
import type {
  DiscardedReadings,
  RouterRef,
  StoredDecision,
  StoredOtherRouter,
  StoredRollup,
  StoredRouter,
} from '../recording/ports.ts'

/** What the database keeps of tenants and routers. Each method rejects with a failure if there is no answer. */
export interface RosterStore {
  /** Makes the rows of tenants and routers equal to the config. */
  syncConfig(tenants: readonly SyncedTenant[]): Promise<void>
  /** What was removed from the config: all tenants, and the routers that have open sessions. */
  loadRemoved(): Promise<Removed>
  load(routers: readonly RouterRef[]): Promise<ReadonlyMap<RouterKey, StoredRouter>>
  loadRollups(
    tenants: readonly TenantId[],
    routers: readonly RouterId[] | 'all',
  ): Promise<ReadonlyMap<TenantId, ReadonlyMap<RouterId, StoredRollup>>>
  /**
   * All routers of these tenants that the database knows, except those that are read here.
   * @param known as loaded before; a router that has not changed since is returned as the same object
   */
  loadOtherRouters(
    tenants: readonly TenantId[],
    here: ReadonlySet<RouterKey>,
    known: ReadonlyMap<RouterKey, StoredOtherRouter>,
  ): Promise<ReadonlyMap<TenantId, ReadonlyMap<RouterId, StoredOtherRouter>>>
  /** Id of the last decision on an event; 0 if there is none. */
  loadLastDecision(): Promise<number>
  /** The next decisions after an id, in their order; empty if there are none. */
  loadDecisions(after: number): Promise<readonly StoredDecision[]>
  /** Records events of kind `discarded`. After a failure the same call may be repeated. */
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

/** The leases in the database. Each method rejects with a failure if there is no answer. */
export interface Leases {
  /**
   * Takes the leases that are free, have expired, or were this daemon's in an earlier run.
   * @returns the epochs of those that were taken
   */
  acquire(routers: readonly RouterRef[]): Promise<ReadonlyMap<RouterKey, number>>
  /**
   * @param leases epochs by router
   * @returns the routers that are still this daemon's
   */
  renew(leases: ReadonlyMap<RouterKey, number>): Promise<ReadonlySet<RouterKey>>
  release(leases: ReadonlyMap<RouterKey, number>): Promise<void>
  /** A process with this daemon's id that was started later, if there is one. It takes the routers, and this one none. */
  newer(): Promise<NewerDaemon | undefined>
}

/** A process with the same id that was started later: from a copy of the disk, or while this one was paused. */
export interface NewerDaemon {
  readonly host: string
  readonly startedAt: Date
}
