import type { Pool } from 'pg'
import { type RouterKey, routerId, tenantId } from '../../accounting/ids.ts'
import type { RouterRef } from '../../recording/ports.ts'
import type { Removed } from '../../roster/ports.ts'
import { rowKey } from '../pg/row-key.ts'

/** Reads the removed tenants, and the removed routers that still have open sessions. */
export async function readRemoved(pool: Pool): Promise<Removed> {
  const tenants = await pool.query<{ id: string; timezone: string }>(
    'select id, timezone from tik.tenants where removed_at is not null',
  )
  const removed = await pool.query<{ tenant: string; router: string }>(
    'select tenant_id as tenant, id as router from tik.routers where removed_at is not null',
  )
  const routers = await pool.query<{ tenant: string; router: string }>(
    `select distinct tenant_id as tenant, router_id as router from tik.user_sessions
     where status = 'active' and tenant_id = any($1)
       and (tenant_id, router_id) in (select * from unnest($1::text[], $2::text[]))`,
    [removed.rows.map(({ tenant }) => tenant), removed.rows.map(({ router }) => router)],
  )
  return {
    tenants: tenants.rows.map(({ id, timezone }) => ({ id: tenantId(id), timezone })),
    routers: routers.rows.map(({ tenant, router }) => ({
      tenant: tenantId(tenant),
      router: routerId(router),
    })),
  }
}

/** Finds which of these routers are not removed. */
export async function readListed(pool: Pool, routers: readonly RouterRef[]): Promise<ReadonlySet<RouterKey>> {
  const { rows } = await pool.query<{ tenant: string; router: string }>(
    `select tenant_id as tenant, id as router from tik.routers where removed_at is null
       and (tenant_id, id) in (select * from unnest($1::text[], $2::text[]))`,
    [routers.map(({ tenant }) => tenant), routers.map(({ router }) => router)],
  )
  return new Set(rows.map(({ tenant, router }) => rowKey(tenant, router)))
}
