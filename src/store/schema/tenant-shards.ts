import type { Pool } from 'pg'
import { groupBy } from '../../accounting/group-by.ts'
import type { TenantId } from '../../accounting/ids.ts'

/** `usage_daily` stands for all distributed tables: a tenant's rows of all of them are together. */
const SHARDS = `select tenant, get_shard_id_for_distribution_column('tik.usage_daily', tenant)::text as shard
  from unnest($1::text[]) as t (tenant)`

/**
 * The shards that tenants are on. A statement that names only tenants of one shard goes to one node, and one for all of
 * a shard's tenants takes a fraction of the time that one for each of them would. (If a shard is split meanwhile, such a
 * statement goes to two, and is still right.)
 */
export class TenantShards {
  readonly #pool: Pool
  readonly #known = new Map<TenantId, string>()

  constructor(pool: Pool) {
    this.#pool = pool
  }

  /** The shard of a tenant; empty if it is not known yet. */
  of(tenant: TenantId): string {
    return this.#known.get(tenant) ?? ''
  }

  /** Splits things of tenants by shard. */
  async partsOf<T extends { readonly tenant: TenantId }>(
    things: readonly T[],
  ): Promise<readonly (readonly T[])[]> {
    await this.#learn(things.map(({ tenant }) => tenant).filter(tenant => !this.#known.has(tenant)))
    return [...groupBy(things, ({ tenant }) => this.of(tenant)).values()]
  }

  async #learn(tenants: readonly TenantId[]): Promise<void> {
    if (tenants.length === 0) return
    const { rows } = await this.#pool.query<{ tenant: TenantId; shard: string }>(SHARDS, [
      [...new Set(tenants)],
    ])
    for (const { tenant, shard } of rows) this.#known.set(tenant, shard)
  }
}
