import type { Pool } from 'pg'
import { type RouterKey, routerId, tenantId } from '../../accounting/ids.ts'
import type { RouterRef } from '../../recording/ports.ts'
import type { Removed } from '../../roster/ports.ts'
import { rowKey } from '../pg/row-key.ts'

/** Reads the removed tenants, and the removed routers that still have open sessions. */
export async function readRemoved(pool: Pool): Promise<Removed> {
  const tenants = await pool.query<{ id: string; timezone: string }>(
    'select id, timezone from tenants where removed_at is not null',
  )
  const routers = await pool.query<{ tenant: string; router: string }>(
    `select tenant_id as tenant, id as router from routers where removed_at is not null and exists
       (select from user_sessions s where (s.tenant_id, s.router_id) = (routers.tenant_id, routers.id)
          and s.status = 'active')`,
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
    `select tenant_id as tenant, id as router from routers where removed_at is null
       and (tenant_id, id) in (select * from unnest($1::text[], $2::text[]))`,
    [routers.map(({ tenant }) => tenant), routers.map(({ router }) => router)],
  )
  return new Set(rows.map(({ tenant, router }) => rowKey(tenant, router)))
}
