import { type RouterId, type RouterKey, routerKey, type TenantId } from '../accounting/ids.ts'
import type { Listed } from '../config/difference.ts'
import type { StoredElsewhere } from '../recording/ports.ts'
import type { TenantBoard } from '../recording/tenant-board.ts'
import { Block, inBlocks } from '../runtime/block.ts'
import type { Clock } from '../runtime/clock.ts'
import { isFailure } from '../runtime/failure.ts'
import type { RosterStore } from './ports.ts'

export interface ElsewhereOptions {
  readonly store: Pick<RosterStore, 'loadElsewhere'>
  readonly board: Pick<TenantBoard, 'setElsewhere'>
  /** Of the routers that are read here. */
  readonly here: { readonly routers: ReadonlySet<RouterKey> }
  readonly clock: Clock
}

/** What the database had of routers that were not here. */
export interface Sighting {
  readonly here: ReadonlySet<RouterKey>
  readonly stored: ReadonlyMap<TenantId, ReadonlyMap<RouterId, StoredElsewhere>>
}

/** What other daemons and former routers add to the tenants' numbers, as the database has it. */
export class Elsewhere {
  readonly #options: ElsewhereOptions
  #tenants: readonly TenantId[] = []
  #listed: Listed = new Map()
  /** As it was shown last. */
  #known: ReadonlyMap<RouterKey, StoredElsewhere> = new Map()
  #hasFailed = false

  constructor(options: ElsewhereOptions) {
    this.#options = options
  }

  /** A router is read here, or was until now: what was known of it is no longer. */
  forget(routers: Iterable<RouterKey>): void {
    const known = new Map(this.#known)
    for (const router of routers) known.delete(router)
    this.#known = known
  }

  /** Whether the database may have something newer: another daemon has routers of ours, or the last try failed. */
  get isBehind(): boolean {
    const { routers } = this.#options.here
    return this.#hasFailed || [...this.#listed.keys()].some(key => !routers.has(key))
  }

  /**
   * Asks the database, and shows nothing yet.
   * @throws what the store throws
   */
  async look(tenants: readonly TenantId[] = this.#tenants): Promise<Sighting> {
    const { store, here } = this.#options
    const { routers } = here
    return { here: routers, stored: await store.loadElsewhere(tenants, routers, this.#known) }
  }

  /** In blocks: the caller sees to it that nobody comes here or goes meanwhile. */
  async show(
    sighting: Sighting,
    tenants: readonly TenantId[] = this.#tenants,
    listed: Listed = this.#listed,
  ): Promise<void> {
    this.#tenants = tenants
    this.#listed = listed
    const known = new Map<RouterKey, StoredElsewhere>()
    for (const [tenant, its] of sighting.stored)
      for (const [router, stored] of its) known.set(routerKey(tenant, router), stored)
    this.#known = known
    const { board, clock } = this.#options
    await inBlocks(tenants, new Block(clock), tenant =>
      board.setElsewhere({
        ...{ tenant, here: sighting.here, stored: sighting.stored.get(tenant) ?? new Map() },
        configOf: router => listed.get(routerKey(tenant, router))?.router,
      }),
    )
  }

  /** Where the database is away, all stands as it was; commits and leases tell of it. */
  async tryRefresh(): Promise<void> {
    try {
      await this.show(await this.look())
      this.#hasFailed = false
    } catch (error) {
      if (!isFailure(error)) throw error
      this.#hasFailed = true
    }
  }
}
