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
  /**
   * Makes the rows of tenants and routers equal to the config. What it no longer lists is marked as removed, unless
   * another daemon lists it.
   */
  syncConfig(tenants: readonly SyncedTenant[]): Promise<void>
  /** Marks what no daemon lists any more as removed, and what one lists again as not removed. */
  markRemoved(): Promise<void>
  /** What is marked as removed: all tenants, and the routers that have open sessions. */
  loadRemoved(): Promise<Removed>
  /** Which of these routers are not removed: another daemon lists them if this one does not. */
  loadListed(routers: readonly RouterRef[]): Promise<ReadonlySet<RouterKey>>
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
   * @param sessions of each router, which the other daemons read
   * @returns the routers that are still this daemon's
   */
  renew(
    leases: ReadonlyMap<RouterKey, number>,
    sessions: ReadonlyMap<RouterKey, number>,
  ): Promise<ReadonlySet<RouterKey>>
  /** @param successorOf the daemon that is to take a router at once; `undefined`: any may */
  release(
    leases: ReadonlyMap<RouterKey, number>,
    successorOf: (router: RouterKey) => string | undefined,
  ): Promise<void>
  /** Routers that were released to a daemon and that it has not taken yet. */
  offers(): Promise<readonly Offer[]>
  /** Routers that this daemon had in an earlier run, and that nobody has taken since. */
  left(): Promise<readonly RouterKey[]>
  /** Routers whose leases expired so long ago that the daemon that should read them seems unable to. */
  orphans(): Promise<readonly RouterKey[]>
  /** A process with this daemon's id that was started later, if there is one. It takes the routers, and this one none. */
  newer(): Promise<NewerDaemon | undefined>
}

/** A process with the same id that was started later: from a copy of the disk, or while this one was paused. */
export interface NewerDaemon {
  readonly host: string
  readonly startedAt: Date
}

/** A router that was released to a daemon. */
export interface Offer {
  readonly router: RouterKey
  /** The daemon's id. */
  readonly to: string
  /** Whether it is this daemon. */
  readonly isOurs: boolean
}

/** The daemons that share the routers. Each method rejects with a failure if there is no answer. */
export interface Members {
  /** Tells the others that this daemon lives. */
  renew(load: MemberLoad): Promise<void>
  /** Tells the others that this daemon ends. */
  leave(): Promise<void>
  /** The daemons that were seen lately, this one included. */
  load(): Promise<readonly Member[]>
  /** What daemons list, by their ids. */
  loadLists(ids: readonly string[]): Promise<ReadonlyMap<string, ReadonlyMap<TenantId, ListedRouters>>>
  loadLoads(): Promise<RouterLoads>
}

/** What a daemon reads now. */
export interface MemberLoad {
  /** How much it should read in proportion to the others. */
  readonly share: number
  readonly routers: number
  readonly sessions: number
}

export interface Member extends MemberLoad {
  readonly id: string
  readonly host: string
  /** `undefined` for a daemon of 0.1.0. */
  readonly version: string | undefined
  /** Changes with what it lists. */
  readonly listDigest: string
  readonly startedAt: Date
  readonly seenAt: Date
  /** Whether it has renewed its row within the duration of a lease. */
  readonly isLive: boolean
  /** How long it counted as alive without another renewal when it was loaded, in milliseconds. */
  readonly leftMs: number
}

/** The routers of a tenant that a daemon lists. */
export interface ListedRouters {
  readonly digest: string
  readonly routers: readonly RouterId[]
}

export interface RouterLoads {
  /** As last renewed: a number stays until it is wrong by more than a tenth. */
  readonly sessions: ReadonlyMap<RouterKey, number>
  /** The ids of the daemons that have the leases. */
  readonly owners: ReadonlyMap<RouterKey, string>
}
