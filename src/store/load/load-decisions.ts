import type { Pool } from 'pg'
import { routerId, tenantId } from '../../accounting/ids.ts'
import type { StoredDecision } from '../../recording/ports.ts'

/** Far more than people make between two looks. */
const MOST_AT_ONCE = 1_000

interface DecisionRow {
  readonly id: string
  readonly tenant_id: string
  readonly router_id: string
  readonly day: string | null
  readonly upload: string
  readonly download: string
}

/** SQL of the id of the last decision; 0 if there is none. */
export const LAST_DECISION = 'select coalesce(max(id), 0) from tik.event_decisions'

export async function readLastDecision(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ last: string }>(`select (${LAST_DECISION}) as last`)
  return Number(rows[0]?.last ?? 0)
}

/** Reads the next decisions after an id, in their order, up to a limit. */
export async function readDecisions(pool: Pool, after: number): Promise<readonly StoredDecision[]> {
  const { rows } = await pool.query<DecisionRow>(
    `select id, tenant_id, router_id, day::text, upload, download from tik.event_decisions
     where id > $1 order by id limit ${MOST_AT_ONCE}`,
    [after],
  )
  return rows.map(({ id, tenant_id, router_id, day, upload, download }) => ({
    id: Number(id),
    tenant: tenantId(tenant_id),
    router: routerId(router_id),
    credit: day === null ? undefined : { day, bytes: { upload: BigInt(upload), download: BigInt(download) } },
  }))
}
