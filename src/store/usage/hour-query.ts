import { and, asc, eq, type SQL, sql } from 'drizzle-orm'
import type { Question } from '../../api/usage/usage-source.ts'
import { sessionDeltas, userSessions } from '../schema/schema.ts'
import { only, QUERIES, type Query } from './query.ts'

/** `limit`: how many rows at most; `undefined`: all. */
type HourQuestion = Extract<Question, { kind: 'hours' }> & { readonly limit: number | undefined }

/** The columns of `hourQuery`'s rows. The last three are bytes. */
export const HOUR_COLUMNS: readonly string[] = ['tenant', 'hour', 'local_hour', 'upload', 'download', 'used']

/** Sums up hours in which bytes moved. No bucket lies in two hours, because hours begin at quarters of an hour. */
export function hourQuery({ tenant, user, router, service, hours, endMs, limit }: HourQuestion): Query {
  const deltas = sessionDeltas
  const starts = hours.map(({ startMs }) => new Date(startMs).toISOString())
  const place = sql<number>`width_bucket(${deltas.bucketStart}, ${sql.param(starts)}::timestamptz[])`
  const whose = and(
    only(userSessions.username, user),
    only(userSessions.routerId, router),
    only(userSessions.service, service),
  )
  const sums = QUERIES.select({
    place: place.as('place'),
    upload: sql`sum(${deltas.upload})`.as('up'),
    download: sql`sum(${deltas.download})`.as('down'),
  })
    .from(deltas)
    .where(
      and(
        eq(deltas.tenantId, tenant),
        sql`${deltas.bucketStart} >= ${starts[0] ?? instant(endMs)}::timestamptz`,
        sql`${deltas.bucketStart} < ${instant(endMs)}::timestamptz`,
        whose && ofSessions(tenant, whose),
      ),
    )
    .groupBy(sql`1`)
    .as('sums')
  const query = QUERIES.select({
    tenant: sql`${tenant}::text`.as('tenant'),
    hour: sql`(${sql.param(starts)}::text[])[${sums.place}]`.as('hour'),
    local: sql`(${sql.param(hours.map(it => it.local))}::text[])[${sums.place}]`.as('local'),
    upload: sql`${sums.upload}::text`.as('upload'),
    download: sql`${sums.download}::text`.as('download'),
    used: sql`(${sums.upload} + ${sums.download})::text`.as('used'),
  })
    .from(sums)
    .orderBy(asc(sums.place))
  return limit === undefined ? query : query.limit(limit)
}

function ofSessions(tenant: string, whose: SQL): SQL {
  const theirs = QUERIES.select({ id: userSessions.id })
    .from(userSessions)
    .where(and(eq(userSessions.tenantId, tenant), whose))
  return sql`${sessionDeltas.sessionId} in ${theirs}`
}

function instant(ms: number): string {
  return new Date(ms).toISOString()
}
