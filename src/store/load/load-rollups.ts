import type { Pool } from 'pg'
import { addSums, type ByteSum, NO_SUM } from '../../accounting/bytes.ts'
import { type RouterId, routerId, type TenantId, tenantId } from '../../accounting/ids.ts'
import type { StoredRollup } from '../../recording/ports.ts'
import { LAST_DECISION } from './load-decisions.ts'

/** A rollup while it is read. */
interface ReadRollup extends StoredRollup {
  total: ByteSum
  readonly days: Map<string, ByteSum>
}

/** Two months, so that this month is complete in every zone. */
const DAYS = 62

interface DayRow {
  readonly tenant_id: string
  readonly router_id: string
  /** `null` for the sum of all older days. */
  readonly day: string | null
  readonly upload: string
  readonly download: string
  readonly last_decision: string
}

/** Reads rollups. @param routers which of the tenants' routers; `all`: every one that they ever had */
export async function readRollups(
  pool: Pool,
  tenants: readonly TenantId[],
  routers: readonly RouterId[] | 'all',
): Promise<Map<TenantId, ReadonlyMap<RouterId, StoredRollup>>> {
  const { rows } = await pool.query<DayRow>(
    `select tenant_id, router_id, case when day > current_date - ${DAYS} then day::text end as day,
       sum(upload)::text as upload, sum(download)::text as download, (${LAST_DECISION}) as last_decision
     from tik.tenant_usage_daily where tenant_id = any($1)${routers === 'all' ? '' : ' and router_id = any($2)'} group by 1, 2, 3`,
    routers === 'all' ? [tenants] : [tenants, routers],
  )
  const rollups = new Map<TenantId, Map<RouterId, ReadRollup>>()
  for (const tenant of tenants) rollups.set(tenant, new Map())
  for (const row of rows) {
    const ofTenant = rollups.get(tenantId(row.tenant_id))
    const router = routerId(row.router_id)
    const rollup = ofTenant?.get(router) ?? {
      ...{ total: NO_SUM, days: new Map<string, ByteSum>() },
      lastDecision: Number(row.last_decision),
    }
    const sum = { upload: BigInt(row.upload), download: BigInt(row.download) }
    rollup.total = addSums(rollup.total, sum)
    if (row.day !== null) rollup.days.set(row.day, sum)
    ofTenant?.set(router, rollup)
  }
  return rollups
}
