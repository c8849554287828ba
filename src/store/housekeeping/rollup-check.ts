import type { Pool } from 'pg'
import type { ByteSum } from '../../accounting/bytes.ts'
import { type TenantId, tenantId } from '../../accounting/ids.ts'

/** A tenant's month in which the two daily tables have different sums. Only somebody else's writes can cause it. */
export interface RollupFault {
  readonly tenant: TenantId
  /** The first day: `2026-11-01`. */
  readonly month: string
  /** The sum of `usage_daily`. */
  readonly subscribers: ByteSum
  /** The sum of `tenant_usage_daily`. */
  readonly routers: ByteSum
}

/**
 * Compares the two daily tables completely, and locks nothing. It goes a month at a time, because no dead row anywhere
 * in the database can be cleared away while a statement runs.
 * @returns for each month the fault, or `undefined` if there is none
 */
export async function* rollupFaults(pool: Pool): AsyncIterable<RollupFault | undefined> {
  const { rows: tenants } = await pool.query<{ id: string }>('select id from tik.tenants order by id')
  for (const { id } of tenants) {
    const { rows } = await pool.query<{ month: string }>(MONTHS, [id])
    for (const { month } of rows) yield faultOf(pool, tenantId(id), month)
  }
}

/** The months from the first day of either table to the last. */
const MONTHS = `select generate_series(date_trunc('month', min(first)), max(last), '1 month')::date::text as month
  from (
    select min(day) as first, max(day) as last from tik.usage_daily where tenant_id = $1
    union all select min(day), max(day) from tik.tenant_usage_daily where tenant_id = $1
  ) as days`

const sumOf = (
  table: string,
) => `select coalesce(sum(upload), 0) as upload, coalesce(sum(download), 0) as download
  from ${table} where tenant_id = $1 and day >= $2::date and day < $2::date + interval '1 month'`

const CHECK = `select s.upload::text as su, s.download::text as sd, r.upload::text as ru, r.download::text as rd
  from (${sumOf('tik.usage_daily')}) as s, (${sumOf('tik.tenant_usage_daily')}) as r
  where (s.upload, s.download) <> (r.upload, r.download)`

async function faultOf(pool: Pool, tenant: TenantId, month: string): Promise<RollupFault | undefined> {
  const { rows } = await pool.query<Record<'su' | 'sd' | 'ru' | 'rd', string>>(CHECK, [tenant, month])
  const [row] = rows
  if (!row) return undefined
  return {
    ...{ tenant, month },
    subscribers: { upload: BigInt(row.su), download: BigInt(row.sd) },
    routers: { upload: BigInt(row.ru), download: BigInt(row.rd) },
  }
}
