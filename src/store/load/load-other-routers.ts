import type { Pool } from 'pg'
import {
  type RouterId,
  type RouterKey,
  routerId,
  routerKey,
  type TenantId,
  tenantId,
} from '../../accounting/ids.ts'
import type { Service } from '../../accounting/reading.ts'
import type { StoredOtherRouter, StoredService } from '../../recording/ports.ts'
import { rowKey } from '../pg/row-key.ts'
import { readRollups } from './load-rollups.ts'

interface RouterRow {
  readonly tenant_id: string
  readonly id: string
  readonly name: string | null
  readonly stamp: string
}

interface ServiceRow {
  readonly tenant_id: string
  readonly router_id: string
  readonly service: Service
  readonly reading_at: Date
  readonly usernames: readonly string[]
  readonly uncounted: number
}

/**
 * Reads all routers of tenants except those that are read here.
 * @param here the routers to leave out
 * @param known as read before; a router without a commit since is not read again
 */
export async function readOtherRouters(
  pool: Pool,
  tenants: readonly TenantId[],
  here: ReadonlySet<RouterKey>,
  known: ReadonlyMap<RouterKey, StoredOtherRouter>,
): Promise<ReadonlyMap<TenantId, ReadonlyMap<RouterId, StoredOtherRouter>>> {
  const { rows } = await pool.query<RouterRow>(
    `select tenant_id, id, case when removed_at is null then name end as name,
       concat_ws('/', committed_epoch, position, case when removed_at is null then name end) as stamp
     from tik.routers where tenant_id = any($1)
       and not exists (select from unnest($2::text[]) as here (key) where key = tenant_id || '/' || id)`,
    [tenants, [...here]],
  )
  const all = new Map<TenantId, Map<RouterId, StoredOtherRouter>>()
  const changed = rows.filter(row => known.get(rowKey(row.tenant_id, row.id))?.stamp !== row.stamp)
  const { rollups, services } = await readChanged(pool, changed)
  for (const row of rows) {
    const tenant = tenantId(row.tenant_id)
    const router = routerId(row.id)
    const ofTenant = all.get(tenant) ?? new Map<RouterId, StoredOtherRouter>()
    all.set(tenant, ofTenant)
    const before = known.get(routerKey(tenant, router))
    if (before?.stamp === row.stamp) {
      ofTenant.set(router, before)
      continue
    }
    ofTenant.set(router, {
      stamp: row.stamp,
      name: row.name ?? undefined,
      rollup: rollups.get(tenant)?.get(router),
      services: services.get(routerKey(tenant, router)) ?? new Map(),
    })
  }
  return all
}

async function readChanged(pool: Pool, changed: readonly RouterRow[]) {
  if (changed.length === 0) return { rollups: new Map(), services: new Map() }
  const tenants = [...new Set(changed.map(row => tenantId(row.tenant_id)))]
  const rollups = await readRollups(
    pool,
    tenants,
    changed.map(row => routerId(row.id)),
  )
  return { rollups, services: await readServices(pool, changed) }
}

async function readServices(
  pool: Pool,
  routers: readonly RouterRow[],
): Promise<ReadonlyMap<RouterKey, ReadonlyMap<Service, StoredService>>> {
  const { rows } = await pool.query<ServiceRow>(
    `with wanted as (select * from unnest($1::text[], $2::text[]) as t (tenant_id, router_id)),
       online as (
         select tenant_id, router_id, service, array_agg(username) as usernames,
           (count(*) filter (where counter_upload is null or counted_since is not null))::int as uncounted
         from tik.user_sessions
         where tenant_id = any($1) and status = 'active' and missed_at is null
           and (tenant_id, router_id) in (select * from wanted)
         group by 1, 2, 3
       )
     select tenant_id, router_id, service, reading_at, coalesce(usernames, '{}') as usernames,
       coalesce(uncounted, 0) as uncounted
     from tik.router_services left join online using (tenant_id, router_id, service)
     where tenant_id = any($1) and (tenant_id, router_id) in (select * from wanted) order by service`,
    [routers.map(row => row.tenant_id), routers.map(row => row.id)],
  )
  const all = new Map<RouterKey, Map<Service, StoredService>>()
  for (const { tenant_id, router_id, service, reading_at: readAt, usernames: online, uncounted } of rows) {
    const key = rowKey(tenant_id, router_id)
    const services = all.get(key) ?? new Map<Service, StoredService>()
    all.set(key, services.set(service, { readAt, online, uncounted }))
  }
  return all
}
