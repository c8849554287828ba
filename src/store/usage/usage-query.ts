import { sql } from 'drizzle-orm'
import type { Client } from 'pg'
import { systemClock } from '../../runtime/clock.ts'
import type { Installation } from '../pg/installation.ts'
import { rowsOf, type TableRow } from '../pg/row-stream.ts'
import { type DailyBy, dailyColumns, dailyQuery } from './daily-query.ts'
import type { Query } from './query.ts'
import { type SessionColumn, sessionQuery } from './session-query.ts'
import { firstOfMonth, instantsOf, type TenantZone, tenantZones } from './tenant-zones.ts'

export type UsageBy = Exclude<DailyBy, 'service'> | 'session'

/** Whose usage of which days is asked for, and what a row is. */
export interface UsageQuestion {
  readonly tenant: string | undefined
  readonly user: string | undefined
  /** The tenant's first day, `2026-11-01`; if both are `undefined`, the first of this month. */
  readonly from: string | undefined
  /** The tenant's last day. */
  readonly to: string | undefined
  readonly by: UsageBy
}

const SESSION_COLUMNS: readonly SessionColumn[] = [
  ...(['tenant', 'router', 'service', 'username', 'ip_address', 'mac_address', 'status'] as const),
  ...(['start_time', 'end_time', 'upload', 'download', 'used'] as const),
  // Columns of later releases are last, for readers of CSV that go by position.
  ...(['protocol', 'server', 'caller_id', 'binding', 'domain'] as const),
]

/** The columns of each kind of row. `upload`, `download` and `used` are bytes, instants ISO 8601. */
export const USAGE_COLUMNS: Readonly<Record<UsageBy, readonly string[]>> = {
  day: dailyColumns('day'),
  month: dailyColumns('month'),
  user: dailyColumns('user'),
  router: dailyColumns('router'),
  session: SESSION_COLUMNS,
}

/**
 * Reads usage from the tables, row by row, tenant by tenant. Days are the tenants' own. Sessions are those that were open in that time,
 * each with all of its bytes.
 * @throws StoreError
 */
export function usage(installation: Installation, question: UsageQuestion): AsyncIterable<TableRow> {
  const statements = async (client: Client) =>
    (await tenantZones(client, question.tenant)).map(zone => {
      const { sql: text, params } = queryOf(question, zone).toSQL()
      return { text, params }
    })
  return rowsOf(installation, statements, USAGE_COLUMNS[question.by], 'usage cannot be read')
}

function queryOf({ user, from, to, by }: UsageQuestion, zone: TenantZone): Query {
  const { id: tenant } = zone
  const first = from ?? (to === undefined ? firstOfMonth(zone, systemClock.now().getTime()) : undefined)
  const all = { router: undefined, service: undefined, after: undefined, limit: undefined }
  if (by !== 'session')
    return dailyQuery({
      ...{ ...all, tenant, user, by },
      from: first === undefined ? undefined : sql`${first}::date`,
      to: to === undefined ? undefined : sql`${to}::date`,
      order: by === 'day' || by === 'month' ? 'key' : 'most',
    })
  const { begin, end } = instantsOf(zone, { from: first, to })
  const question = {
    ...{ ...all, tenant, user, status: undefined, order: 'oldest' as const },
    openFrom: begin && sql`${begin.toISOString()}::timestamptz`,
    openBefore: end && sql`${end.toISOString()}::timestamptz`,
  }
  return sessionQuery(question, SESSION_COLUMNS)
}
