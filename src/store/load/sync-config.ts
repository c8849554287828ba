import type { PoolClient } from 'pg'
import type { TenantId } from '../../accounting/ids.ts'
import type { SyncedRouter, SyncedTenant } from '../../roster/ports.ts'
import type { Column } from '../pg/binary-array.ts'
import { storableText } from '../pg/storable.ts'
import { runUnnest, unnestStatement } from '../pg/unnest.ts'

/**
 * Makes `tenants` and `routers` equal to the config, within the caller's transaction. Removed ones are marked, returned
 * ones are unmarked, and nothing is ever deleted.
 */
export async function writeConfig(client: PoolClient, tenants: readonly SyncedTenant[]): Promise<void> {
  const routers = tenants.flatMap(tenant => tenant.routers.map(router => ({ tenant: tenant.id, router })))
  // In the order that commits lock them in.
  await client.query('select from tenants order by id for no key update')
  await client.query('select from routers order by tenant_id, id for no key update')
  await runUnnest(client, UPSERT_TENANTS, tenants)
  await runUnnest(client, UPSERT_ROUTERS, routers)
  await client.query(
    'update tenants set removed_at = now() where removed_at is null and id <> all($1::text[])',
    [tenants.map(({ id }) => id)],
  )
  await client.query(
    `update routers set removed_at = now() where removed_at is null
       and (tenant_id, id) not in (select * from unnest($1::text[], $2::text[]))`,
    [routers.map(({ tenant }) => tenant), routers.map(({ router }) => router.id)],
  )
}

const TENANT_COLUMNS: readonly Column<SyncedTenant>[] = [
  { name: 'id', type: 'text', of: ({ id }) => id },
  { name: 'name', type: 'text', of: ({ name }) => storableText(name) },
  { name: 'timezone', type: 'text', of: ({ timezone }) => timezone },
]

const UPSERT_TENANTS = unnestStatement(
  'tikmeter_upsert_tenants',
  TENANT_COLUMNS,
  rows => `insert into tenants (id, name, timezone) select * from ${rows}
    on conflict (id) do update set name = excluded.name, timezone = excluded.timezone, removed_at = null`,
)

const ROUTER_COLUMNS: readonly Column<{ tenant: TenantId; router: SyncedRouter }>[] = [
  { name: 'tenant_id', type: 'text', of: ({ tenant }) => tenant },
  { name: 'id', type: 'text', of: ({ router }) => router.id },
  { name: 'name', type: 'text', of: ({ router }) => storableText(router.name) },
  { name: 'host', type: 'text', of: ({ router }) => storableText(router.host) },
]

const UPSERT_ROUTERS = unnestStatement(
  'tikmeter_upsert_routers',
  ROUTER_COLUMNS,
  rows => `insert into routers (tenant_id, id, name, host) select * from ${rows}
    on conflict (tenant_id, id) do update set name = excluded.name, host = excluded.host, removed_at = null`,
)
