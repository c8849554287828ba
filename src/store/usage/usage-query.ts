import { type SQL, sql } from 'drizzle-orm'
import { rowsOf, type TableRow } from '../pg/row-stream.ts'
import { tenants } from '../schema/schema.ts'
import { type DailyBy, dailyColumns, dailyQuery } from './daily-query.ts'
import type { Query } from './query.ts'
import { type SessionColumn, sessionQuery } from './session-query.ts'

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
 * Reads usage from the tables, row by row. Days are the tenants' own. Sessions are those that were open in that time,
 * each with all of its bytes.
 * @param url of the database
 * @throws StoreError
 */
export function usage(url: string, question: UsageQuestion): AsyncIterable<TableRow> {
  const { sql: text, params } = queryOf(question).toSQL()
  return rowsOf(url, { text, params }, USAGE_COLUMNS[question.by], 'usage cannot be read')
}

/** The first day of the tenant's month. */
const THIS_MONTH = sql`date_trunc('month', now() at time zone ${tenants.timezone})::date`

function queryOf({ tenant, user, from, to, by }: UsageQuestion): Query {
  const begin = from === undefined ? (to === undefined ? THIS_MONTH : undefined) : sql`${from}::date`
  const all = { router: undefined, service: undefined, after: undefined, limit: undefined }
  if (by !== 'session')
    return dailyQuery({
      ...{ ...all, tenant, user, by, from: begin },
      to: to === undefined ? undefined : sql`${to}::date`,
      order: by === 'day' || by === 'month' ? 'key' : 'most',
    })
  const question = {
    ...{ ...all, tenant, user, status: undefined, order: 'oldest' as const },
    openFrom: begin && midnightOf(begin),
    openBefore: to === undefined ? undefined : midnightOf(sql`(${to}::date + 1)`),
  }
  return sessionQuery(question, SESSION_COLUMNS)
}

/** The first instant of a day in the tenant's timezone. */
function midnightOf(day: SQL): SQL {
  return sql`(${day}::timestamp at time zone ${tenants.timezone})`
}
