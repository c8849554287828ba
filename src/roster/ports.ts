import type { RouterId, RouterKey, TenantId } from '../accounting/ids.ts'
import type { TenantConfig } from '../config/config.ts'
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
  syncConfig(tenants: readonly NamedTenant[]): Promise<void>
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
  readonly tenants: readonly Pick<TenantConfig, 'id' | 'timezone'>[]
  readonly routers: readonly RouterRef[]
}

export interface NamedTenant extends Pick<TenantConfig, 'id' | 'name' | 'timezone'> {
  readonly routers: readonly { readonly id: RouterId; readonly name: string; readonly host: string }[]
}
