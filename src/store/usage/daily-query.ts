import { and, asc, desc, eq, gt, gte, lte, type SQL, sql } from 'drizzle-orm'
import type { Question } from '../../api/usage/usage-source.ts'
import { tenantUsageDaily, usageDaily } from '../schema/schema.ts'
import { only, QUERIES, type Query } from './query.ts'

type AskedDaily = Extract<Question, { kind: 'daily' }>
export type DailyBy = AskedDaily['by']

/** Whose usage of which days is asked for, and what a row is. `undefined`: no condition. */
export interface DailyQuestion
  extends Pick<AskedDaily, 'user' | 'router' | 'service' | 'by' | 'order' | 'after'> {
  readonly tenant: string
  /** The tenant's first and last day. */
  readonly from: SQL | undefined
  readonly to: SQL | undefined
  readonly limit: number | undefined
}

const KEY_NAMES: Readonly<Record<DailyBy, string>> = {
  day: 'day',
  month: 'month',
  user: 'username',
  router: 'router',
  service: 'service',
}

/** The columns of `dailyQuery`'s rows. The last three are bytes. */
export function dailyColumns(by: DailyBy): readonly string[] {
  return ['tenant', KEY_NAMES[by], 'upload', 'download', 'used']
}

/** Sums up usage from the daily tables. */
export function dailyQuery(question: DailyQuestion): Query {
  const { user, by } = question
  // Only `usage_daily` has names; the other table is much smaller.
  return user === undefined && by !== 'user'
    ? of(question, tenantUsageDaily, undefined)
    : of(question, usageDaily, only(usageDaily.username, user))
}

type Daily = typeof tenantUsageDaily | typeof usageDaily

function of(question: DailyQuestion, table: Daily, more: SQL | undefined): Query {
  const { tenant, router, service, from, to, by, order, after, limit } = question
  const used = sql`sum(${table.upload}) + sum(${table.download})`
  const key = groupKey(by, table)
  const query = QUERIES.select({
    tenant: table.tenantId,
    key: sql<string>`(${key})::text`.as('key'),
    upload: sql<string>`sum(${table.upload})::text`.as('up'),
    download: sql<string>`sum(${table.download})::text`.as('down'),
    used: sql<string>`(${used})::text`.as('used'),
  })
    .from(table)
    .where(
      and(
        eq(table.tenantId, tenant),
        only(table.routerId, router),
        only(table.service, service),
        from && gte(table.day, from),
        to && lte(table.day, to),
        after === undefined ? undefined : behind(by, table, after),
        more,
      ),
    )
    .groupBy(table.tenantId, key)
    .orderBy(...(order === 'most' ? [desc(used)] : []), asc(key))
  return limit === undefined ? query : query.limit(limit)
}

function groupKey(by: DailyBy, table: Daily): SQL<string> {
  switch (by) {
    case 'day':
      return sql<string>`${table.day}`
    case 'month':
      return sql<string>`to_char(${table.day}, 'YYYY-MM')`
    case 'router':
      return sql<string>`${table.routerId}`
    case 'service':
      return sql<string>`${table.service}`
    case 'user':
      return sql<string>`${usageDaily.username}`
    default:
      return by satisfies never
  }
}

/** A condition on the column itself, so that an index can be used. */
function behind(by: DailyBy, table: Daily, after: string): SQL {
  switch (by) {
    case 'day':
      return gt(table.day, sql`${after}::date`)
    case 'month':
      return gte(table.day, sql`((${after} || '-01')::date + interval '1 month')::date`)
    default:
      return gt(groupKey(by, table), after)
  }
}
