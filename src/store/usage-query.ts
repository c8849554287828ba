import { type SQL, sql } from 'drizzle-orm'
import { DatabaseError } from 'pg'
import QueryStream from 'pg-query-stream'
import { clientFor } from './client.ts'
import { type DailyBy, dailyColumns, dailyQuery } from './daily-query.ts'
import type { Query } from './query.ts'
import { tenants } from './schema.ts'
import { type SessionColumn, sessionQuery } from './session-query.ts'
import { asStoreError, NotMigrated } from './store-error.ts'
import { type UsageValue, valuesOf } from './usage-values.ts'

export type UsageBy = Exclude<DailyBy, 'service'> | 'session'

/** Whose usage is asked for, of which days, and what a row is to be. */
export interface UsageQuestion {
  readonly tenant: string | undefined
  readonly user: string | undefined
  /** The tenant's first day, `2026-11-01`; where both are absent, this month's. */
  readonly from: string | undefined
  /** The tenant's last day. */
  readonly to: string | undefined
  readonly by: UsageBy
}

/** Each row has its columns in the same order. */
export type UsageRow = Readonly<Record<string, UsageValue>>

const ROWS_AT_ONCE = 1_000
const UNDEFINED_TABLE = '42P01'

const SESSION_COLUMNS: readonly SessionColumn[] = [
  ...(['tenant', 'router', 'service', 'username', 'ip_address', 'mac_address', 'status'] as const),
  ...(['start_time', 'end_time', 'upload', 'download', 'used'] as const),
  // Those that came later are last: whoever reads CSV by place goes on.
  ...(['protocol', 'server', 'caller_id', 'binding', 'domain'] as const),
]

/** What rows of a kind have. `upload`, `download` and `used` are bytes, instants ISO 8601. */
export const USAGE_COLUMNS: Readonly<Record<UsageBy, readonly string[]>> = {
  day: dailyColumns('day'),
  month: dailyColumns('month'),
  user: dailyColumns('user'),
  router: dailyColumns('router'),
  session: SESSION_COLUMNS,
}

/**
 * Usage as the tables have it, row by row as it is taken. Days are the tenants' own; of sessions those that were open
 * in that time are told, each with all its bytes.
 * @param url of the database
 * @throws StoreError
 */
export async function* usage(url: string, question: UsageQuestion): AsyncIterable<UsageRow> {
  const client = clientFor(url, 'tikmeter-usage')
  try {
    await client.connect()
    await client.query('set default_transaction_read_only = on')
    const { sql: text, params } = queryOf(question).toSQL()
    const stream = new QueryStream(text, params, { batchSize: ROWS_AT_ONCE, rowMode: 'array' })
    const columns = USAGE_COLUMNS[question.by]
    for await (const told of client.query(stream) as AsyncIterable<readonly (string | null)[]>) {
      const values = valuesOf(columns, told)
      yield Object.fromEntries(columns.map((name, index) => [name, values[index] ?? null]))
    }
  } catch (cause) {
    if (cause instanceof DatabaseError && cause.code === UNDEFINED_TABLE) throw new NotMigrated()
    throw asStoreError('usage can not be asked for', cause)
  } finally {
    await client.end().catch(() => {})
  }
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

/** When a day begins where the tenant is. */
function midnightOf(day: SQL): SQL {
  return sql`(${day}::timestamp at time zone ${tenants.timezone})`
}
