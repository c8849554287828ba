import type { ByteSum } from './accounting/bytes.ts'
import { Calendar } from './accounting/calendar.ts'
import { type RouterId, type RouterKey, routerKey, type TenantId } from './accounting/ids.ts'
import { Rollup } from './accounting/rollup.ts'
import type { Config, RouterConfig, TenantConfig } from './config/config.ts'
import { type Difference, difference, type RouterChange, type TenantRouter } from './config/difference.ts'
import type { StoredRouter } from './ledger-store.ts'
import type { Poller } from './poller/poller.ts'
import type { RouterLink } from './poller/router-loop.ts'
import type { RecordedRouter, Recorder } from './recorder.ts'

/** What the database keeps of tenants and routers. */
export interface RosterStore {
  syncConfig(tenants: readonly NamedTenant[]): Promise<void>
  load(
    routers: readonly Pick<RecordedRouter, 'tenant' | 'router'>[],
  ): Promise<ReadonlyMap<RouterKey, StoredRouter>>
  loadRollups(tenants: readonly TenantId[]): Promise<ReadonlyMap<TenantId, StoredRollup>>
}

export interface NamedTenant extends Pick<TenantConfig, 'id' | 'name' | 'timezone'> {
  readonly routers: readonly { readonly id: RouterId; readonly name: string; readonly host: string }[]
}

export interface StoredRollup {
  readonly total: ByteSum
  readonly days: ReadonlyMap<string, ByteSum>
}

interface Stored {
  readonly rollups: ReadonlyMap<TenantId, StoredRollup>
  readonly routers: ReadonlyMap<RouterKey, StoredRouter>
}

export interface RosterOptions {
  readonly store: RosterStore
  readonly recorder: Recorder
  readonly poller: Poller
  readonly connect: (router: RouterConfig, signal: AbortSignal) => Promise<RouterLink>
  /** For a poll in flight on a router that leaves. */
  readonly graceMs: number
}

/** Keeps who is recorded and who is polled in step with the config, from the first one on. */
export class Roster {
  readonly #options: RosterOptions
  #config: Config | undefined

  constructor(options: RosterOptions) {
    this.#options = options
  }

  /**
   * Goes from the config before, or from none, to this one. All that can fail comes first, so that a failure leaves
   * everything as it was.
   * @returns the keys whose change takes a restart
   */
  async apply(config: Config): Promise<readonly string[]> {
    const { recorder } = this.#options
    const change = difference(this.#config ?? { ...config, tenants: [] }, config)
    const stored = await this.#load(change, config)

    const repolled = change.routersChanged.filter(isPolledOtherwise)
    await this.#leave([...change.routersRemoved, ...repolled])
    for (const removed of change.routersRemoved) recorder.retireRouter(keyOf(removed))
    for (const tenant of change.tenantsRemoved) recorder.retireTenant(tenant.id)
    for (const { id, timezone } of [...change.tenantsAdded, ...change.tenantsChanged]) {
      const rollup = stored.rollups.get(id)
      recorder.addTenant(id, new Calendar(timezone), new Rollup(rollup?.total, rollup?.days))
    }
    for (const added of change.routersAdded) this.#record(added, stored.routers)
    for (const changed of change.routersChanged) recorder.updateRouter(recorded(changed))
    for (const listed of [...change.routersAdded, ...repolled]) this.#poll(listed)
    this.#config = config
    return change.restartNeeded
  }

  async #load(change: Difference, config: Config): Promise<Stored> {
    const { store, recorder } = this.#options
    // Taken back first: while we wait for the database, a last commit would let go of them, and of their ledgers.
    const unknown = change.routersAdded.filter(it => !recorder.takeBack(keyOf(it)))
    try {
      await store.syncConfig(config.tenants.map(named))
      const rollups = await store.loadRollups(change.tenantsAdded.map(tenant => tenant.id))
      const routers = await store.load(unknown.map(it => ({ tenant: it.tenant.id, router: it.router.id })))
      return { rollups, routers }
    } catch (error) {
      for (const added of change.routersAdded) recorder.retireRouter(keyOf(added))
      throw error
    }
  }

  async #leave(routers: readonly TenantRouter[]): Promise<void> {
    const { poller, graceMs } = this.#options
    await Promise.all(routers.map(it => poller.remove(keyOf(it), graceMs)))
  }

  #record(added: TenantRouter, stored: ReadonlyMap<RouterKey, StoredRouter>): void {
    const { recorder } = this.#options
    const its = stored.get(keyOf(added))
    if (its) recorder.addRouter(recorded(added), its)
    else recorder.updateRouter(recorded(added))
  }

  #poll(listed: TenantRouter): void {
    const { poller, connect } = this.#options
    const { router } = listed
    poller.add({
      key: keyOf(listed),
      services: router.services,
      schedule: router.schedule,
      isEnabled: router.enabled,
      connect: signal => connect(router, signal),
    })
  }
}

/** Whether the poller has to begin anew with a router. Its name and its terms are the recorder's alone. */
function isPolledOtherwise({ kind, before, router }: RouterChange): boolean {
  return kind === 'reconnect' || before.schedule !== router.schedule || before.timeoutMs !== router.timeoutMs
}

function recorded({ tenant, router }: TenantRouter): RecordedRouter {
  const { plausibleBitsPerSecond, stalledAfterMs } = router
  return {
    ...{ tenant: tenant.id, router: router.id, name: router.name },
    terms: { plausibleBitsPerSecond, stalledAfterMs },
  }
}

function keyOf({ tenant, router }: TenantRouter): RouterKey {
  return routerKey(tenant.id, router.id)
}

function named({ id, name, timezone, routers }: TenantConfig): NamedTenant {
  return {
    ...{ id, name, timezone },
    routers: routers.map(router => ({ id: router.id, name: router.name ?? router.id, host: router.host })),
  }
}
