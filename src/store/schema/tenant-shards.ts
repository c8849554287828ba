import type { Pool } from 'pg'
import type { TenantId } from '../../accounting/ids.ts'

/** `usage_daily` stands for all distributed tables: a tenant's rows of all of them are together. */
const SHARDS = `select tenant, get_shard_id_for_distribution_column('usage_daily', tenant)::text as shard
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

  /** Splits things of tenants by shard. */
  async partsOf<T extends { readonly tenant: TenantId }>(
    things: readonly T[],
  ): Promise<readonly (readonly T[])[]> {
    await this.#learn(things.map(({ tenant }) => tenant).filter(tenant => !this.#known.has(tenant)))
    const parts = new Map<string, T[]>()
    for (const thing of things) {
      const shard = this.#known.get(thing.tenant) ?? ''
      const part = parts.get(shard)
      if (part) part.push(thing)
      else parts.set(shard, [thing])
    }
    return [...parts.values()]
  }

  async #learn(tenants: readonly TenantId[]): Promise<void> {
    if (tenants.length === 0) return
    const { rows } = await this.#pool.query<{ tenant: TenantId; shard: string }>(SHARDS, [
      [...new Set(tenants)],
    ])
    for (const { tenant, shard } of rows) this.#known.set(tenant, shard)
  }
}
