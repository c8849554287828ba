import type { Pool, QueryConfig } from 'pg'
import { addSums, type ByteSum, NO_SUM } from '../accounting/bytes.ts'
import { type RouterId, routerId, type TenantId, tenantId } from '../accounting/ids.ts'

/** A router's bytes in all, and on each of the tenant's last days (`2026-11-24`). */
export interface StoredRollup {
  readonly total: ByteSum
  readonly days: ReadonlyMap<string, ByteSum>
}

/** A tenant whose subscribers' days do not add up to its own. */
export interface RollupFault {
  readonly tenant: TenantId
  /** By `usage_daily`. */
  readonly subscribers: ByteSum
  /** By `tenant_usage_daily`. */
  readonly routers: ByteSum
}

/** Two months' worth, so that this month is whole in every zone. */
const DAYS = 62

/** Long enough for years of a large operator. */
const CHECK_MS = 15 * 60_000

interface DayRow {
  readonly tenant_id: string
  readonly router_id: string
  /** `null` for all older ones together. */
  readonly day: string | null
  readonly upload: string
  readonly download: string
}

/** Of all routers that these tenants ever had, whoever reads them now. */
export async function readRollups(
  pool: Pool,
  tenants: readonly TenantId[],
): Promise<Map<TenantId, ReadonlyMap<RouterId, StoredRollup>>> {
  const { rows } = await pool.query<DayRow>(
    `select tenant_id, router_id, case when day > current_date - ${DAYS} then day::text end as day,
       sum(upload)::text as upload, sum(download)::text as download
     from tenant_usage_daily where tenant_id = any($1) group by 1, 2, 3`,
    [tenants],
  )
  const rollups = new Map<TenantId, Map<RouterId, { total: ByteSum; readonly days: Map<string, ByteSum> }>>()
  for (const tenant of tenants) rollups.set(tenant, new Map())
  for (const row of rows) {
    const routers = rollups.get(tenantId(row.tenant_id))
    const router = routerId(row.router_id)
    const rollup = routers?.get(router) ?? { total: NO_SUM, days: new Map<string, ByteSum>() }
    const sum = { upload: BigInt(row.upload), download: BigInt(row.download) }
    rollup.total = addSums(rollup.total, sum)
    if (row.day !== null) rollup.days.set(row.day, sum)
    routers?.set(router, rollup)
  }
  return rollups
}

/** Compares the two daily tables, tenant by tenant. Reads all of both, so it takes a while, and locks nothing. */
export async function findRollupFaults(pool: Pool): Promise<readonly RollupFault[]> {
  const client = await pool.connect()
  try {
    await client.query(`set statement_timeout = ${CHECK_MS}`)
    const { rows } = await client.query<Record<'tenant_id' | 'su' | 'sd' | 'ru' | 'rd', string>>(CHECK)
    return rows.map(row => ({
      tenant: tenantId(row.tenant_id),
      subscribers: { upload: BigInt(row.su), download: BigInt(row.sd) },
      routers: { upload: BigInt(row.ru), download: BigInt(row.rd) },
    }))
  } finally {
    // With it goes the setting.
    client.release(true)
  }
}

const CHECK: QueryConfig & { query_timeout: number } = {
  query_timeout: CHECK_MS,
  text: `with s as (select tenant_id, sum(upload) as upload, sum(download) as download from usage_daily group by 1),
    r as (select tenant_id, sum(upload) as upload, sum(download) as download from tenant_usage_daily group by 1),
    both_of as (select tenant_id, coalesce(s.upload, 0) as su, coalesce(s.download, 0) as sd,
      coalesce(r.upload, 0) as ru, coalesce(r.download, 0) as rd from s full join r using (tenant_id))
  select tenant_id, su::text, sd::text, ru::text, rd::text from both_of where (su, sd) <> (ru, rd)`,
}
