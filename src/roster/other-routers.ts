import { type RouterId, type RouterKey, routerKey, type TenantId } from '../accounting/ids.ts'
import type { ConfiguredRouters } from '../config/difference.ts'
import type { StoredOtherRouter } from '../recording/ports.ts'
import type { TenantBoard } from '../recording/tenant-board.ts'
import { Block, inBlocks } from '../runtime/block.ts'
import type { Clock } from '../runtime/clock.ts'
import { isFailure } from '../runtime/failure.ts'
import type { RosterStore } from './ports.ts'

export interface OtherRoutersOptions {
  readonly store: Pick<RosterStore, 'loadOtherRouters'>
  readonly board: Pick<TenantBoard, 'setOtherRouters'>
  /** The routers that are read here. */
  readonly here: { readonly routers: ReadonlySet<RouterKey> }
  readonly clock: Clock
}

/** The other routers as the database has them, and the routers that were left out because they are read here. */
export interface LoadedOtherRouters {
  readonly here: ReadonlySet<RouterKey>
  readonly stored: ReadonlyMap<TenantId, ReadonlyMap<RouterId, StoredOtherRouter>>
}

/** Adds to the tenants' live numbers the routers that other daemons read, and those that were removed. */
export class OtherRouters {
  readonly #options: OtherRoutersOptions
  #tenants: readonly TenantId[] = []
  #configured: ConfiguredRouters = new Map()
  /** As last shown. */
  #known: ReadonlyMap<RouterKey, StoredOtherRouter> = new Map()
  #hasFailed = false

  constructor(options: OtherRoutersOptions) {
    this.#options = options
  }

  /** Forgets what is known of routers that are read here now, or were until now. */
  forget(routers: Iterable<RouterKey>): void {
    const known = new Map(this.#known)
    for (const router of routers) known.delete(router)
    this.#known = known
  }

  /** Whether the database may have news: another daemon has routers of our config, or the last try failed. */
  get isBehind(): boolean {
    const { routers } = this.#options.here
    return this.#hasFailed || [...this.#configured.keys()].some(key => !routers.has(key))
  }

  /**
   * Loads the other routers, and shows nothing yet.
   * @throws the store's errors
   */
  async load(tenants: readonly TenantId[] = this.#tenants): Promise<LoadedOtherRouters> {
    const { store, here } = this.#options
    const { routers } = here
    return { here: routers, stored: await store.loadOtherRouters(tenants, routers, this.#known) }
  }

  /** Shows what was loaded, in blocks. The caller makes sure that no router is gained or lost meanwhile. */
  async show(
    loaded: LoadedOtherRouters,
    tenants: readonly TenantId[] = this.#tenants,
    configured: ConfiguredRouters = this.#configured,
  ): Promise<void> {
    this.#tenants = tenants
    this.#configured = configured
    const known = new Map<RouterKey, StoredOtherRouter>()
    for (const [tenant, routers] of loaded.stored)
      for (const [router, stored] of routers) known.set(routerKey(tenant, router), stored)
    this.#known = known
    const { board, clock } = this.#options
    await inBlocks(tenants, new Block(clock), tenant =>
      board.setOtherRouters({
        ...{ tenant, here: loaded.here, stored: loaded.stored.get(tenant) ?? new Map() },
        configOf: router => configured.get(routerKey(tenant, router))?.router,
      }),
    )
  }

  /** Loads and shows. If the database is away, nothing changes; commits and leases report that. */
  async tryRefresh(): Promise<void> {
    try {
      await this.show(await this.load())
      this.#hasFailed = false
    } catch (error) {
      if (!isFailure(error)) throw error
      this.#hasFailed = true
    }
  }
}
