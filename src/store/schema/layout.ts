import type { ClientBase } from 'pg'
import type { TenantId } from '../../accounting/ids.ts'
import type { Scope } from '../pg/scope.ts'

/**
 * Where the rows are. `whole`: in one PostgreSQL. `distributed`: in a Citus cluster, each tenant's rows of the tables that
 * grow on one of its nodes, and all other tables on the coordinator. There every key contains the tenant, and a statement
 * that does not name its tenants goes to all nodes.
 */
export type Layout = 'whole' | 'distributed'

/** The tables that are distributed by `tenant_id`. */
export const DISTRIBUTED: readonly string[] = [
  ...['tik.usage_daily', 'tik.tenant_usage_daily', 'tik.user_sessions', 'tik.session_deltas'],
  ...['tik.router_services', 'tik.binding_counters', 'tik.ledger_events'],
]

/** Only distributed deltas have the tenant in their key. */
const LAYOUT = `select exists (
    select from pg_constraint as c join pg_attribute as a on a.attrelid = c.conrelid and a.attnum = any(c.conkey)
    where c.conrelid = to_regclass('tik.session_deltas') and c.contype = 'p' and a.attname = 'tenant_id'
  ) as is_distributed`

/** Finds the layout of the tables. Without tables it is `whole`. */
export async function layoutOf(client: Pick<ClientBase, 'query'>): Promise<Layout> {
  const { rows } = await client.query<{ is_distributed: boolean }>(LAYOUT)
  return rows[0]?.is_distributed ? 'distributed' : 'whole'
}

/** A connection for rows of these tenants. */
export function scopeOf(layout: Layout, client: ClientBase, tenants: readonly TenantId[]): Scope {
  return { client, tenants: layout === 'distributed' ? tenants : undefined }
}
