import { and, asc, desc, eq, gte, lte, type SQL, sql } from 'drizzle-orm'
import { type PgColumn, QueryBuilder } from 'drizzle-orm/pg-core'
import { DatabaseError } from 'pg'
import QueryStream from 'pg-query-stream'
import { clientFor } from './client.ts'
import { tenants, tenantUsageDaily, usageDaily, userSessions } from './schema.ts'
import { asStoreError, NotMigrated } from './store-error.ts'

export type UsageBy = 'day' | 'month' | 'user' | 'router' | 'session'

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

/** Bytes are exact, and sums of them can be beyond 2^53. */
export type UsageValue = string | bigint | null
/** Each row has its columns in the same order. */
export type UsageRow = Readonly<Record<string, UsageValue>>

const ROWS_AT_ONCE = 1_000
const UNDEFINED_TABLE = '42P01'
const ONE = new QueryBuilder()

/** What rows of a kind have. `upload`, `download` and `used` are bytes, instants ISO 8601. */
export const USAGE_COLUMNS: Readonly<Record<UsageBy, readonly string[]>> = {
  day: ['tenant', 'day', 'upload', 'download', 'used'],
  month: ['tenant', 'month', 'upload', 'download', 'used'],
  user: ['tenant', 'username', 'upload', 'download', 'used'],
  router: ['tenant', 'router', 'upload', 'download', 'used'],
  session: [
    ...[
      'tenant',
      'router',
      'service',
      'username',
      'ip_address',
      'mac_address',
      'status',
      'start_time',
      'end_time',
    ],
    ...['upload', 'download', 'used'],
  ],
}

const BYTES = new Set(['upload', 'download', 'used'])

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
    for await (const values of client.query(stream) as AsyncIterable<readonly (string | null)[]>)
      yield Object.fromEntries(columns.map((name, index) => [name, asValue(name, values[index] ?? null)]))
  } catch (cause) {
    if (cause instanceof DatabaseError && cause.code === UNDEFINED_TABLE) throw new NotMigrated()
    throw asStoreError('usage can not be asked for', cause)
  } finally {
    await client.end().catch(() => {})
  }
}

function asValue(column: string, value: string | null): UsageValue {
  return value !== null && BYTES.has(column) ? BigInt(value) : value
}

function queryOf(question: UsageQuestion): { toSQL(): { sql: string; params: unknown[] } } {
  if (question.by === 'session') return sessionsOf(question)
  // Only one of the two daily tables has names; the other is the smaller by far.
  return question.user === undefined && question.by !== 'user'
    ? dailyOf(question, tenantUsageDaily, undefined)
    : dailyOf(question, usageDaily, only(usageDaily.username, question.user))
}

type Daily = typeof tenantUsageDaily | typeof usageDaily

function dailyOf({ tenant, from, to, by }: UsageQuestion, table: Daily, more: SQL | undefined) {
  const upload = sql<string>`sum(${table.upload})::text`
  const download = sql<string>`sum(${table.download})::text`
  const used = sql`sum(${table.upload}) + sum(${table.download})`
  const key = keyOf(by, table)
  const ordered = by === 'day' || by === 'month' ? asc(key) : desc(used)
  return ONE.select({
    tenant: table.tenantId,
    key: key.as('key'),
    upload: upload.as('up'),
    download: download.as('down'),
    used: sql<string>`(${used})::text`.as('used'),
  })
    .from(table)
    .innerJoin(tenants, eq(tenants.id, table.tenantId))
    .where(
      and(
        only(table.tenantId, tenant),
        from === undefined ? undefined : gte(table.day, from),
        to === undefined ? undefined : lte(table.day, to),
        from === undefined && to === undefined ? gte(table.day, THIS_MONTH) : undefined,
        more,
      ),
    )
    .groupBy(table.tenantId, key)
    .orderBy(asc(table.tenantId), ordered, asc(key))
}

function keyOf(by: UsageBy, table: Daily): SQL<string> {
  switch (by) {
    case 'day':
      return sql<string>`${table.day}::text`
    case 'month':
      return sql<string>`to_char(${table.day}, 'YYYY-MM')`
    case 'router':
      return sql<string>`${table.routerId}`
    default:
      return sql<string>`${usageDaily.username}`
  }
}

/** The first day of the tenant's month. */
const THIS_MONTH = sql`date_trunc('month', now() at time zone ${tenants.timezone})::date`

function sessionsOf({ tenant, user, from, to }: UsageQuestion) {
  const it = userSessions
  const begin = from === undefined ? (to === undefined ? THIS_MONTH : undefined) : sql`${from}::date`
  return ONE.select({
    tenant: it.tenantId,
    router: it.routerId,
    service: it.service,
    username: it.username,
    ipAddress: it.ipAddress,
    macAddress: it.macAddress,
    status: it.status,
    startTime: isoOf(it.startTime).as('start'),
    endTime: isoOf(it.endTime).as('end'),
    upload: sql<string>`${it.dataUpload}::text`.as('up'),
    download: sql<string>`${it.dataDownload}::text`.as('down'),
    used: sql<string>`${it.dataUsed}::text`.as('used'),
  })
    .from(it)
    .innerJoin(tenants, eq(tenants.id, it.tenantId))
    .where(
      and(
        only(it.tenantId, tenant),
        only(it.username, user),
        begin && sql`(${it.endTime} is null or ${it.endTime} >= ${midnightOf(begin)})`,
        to === undefined ? undefined : sql`${it.startTime} < ${midnightOf(sql`(${to}::date + 1)`)}`,
      ),
    )
    .orderBy(asc(it.tenantId), asc(it.startTime), asc(it.id))
}

/** No condition where nothing was asked for. */
function only(column: PgColumn, value: string | undefined): SQL | undefined {
  return value === undefined ? undefined : eq(column, value)
}

/** When a day begins where the tenant is. */
function midnightOf(day: SQL): SQL {
  return sql`(${day}::timestamp at time zone ${tenants.timezone})`
}

function isoOf(column: typeof userSessions.startTime | typeof userSessions.endTime): SQL<string> {
  return sql<string>`to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
}
