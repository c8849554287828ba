import { and, asc, desc, eq, type SQL, sql } from 'drizzle-orm'
import type { Question } from '../../api/usage/usage-source.ts'
import { userSessions } from '../schema/schema.ts'
import { isoColumn, only, QUERIES, type Query } from './query.ts'

type AskedSessions = Extract<Question, { kind: 'sessions' }>

export interface SessionQuestion
  extends Pick<AskedSessions, 'user' | 'router' | 'service' | 'status' | 'after'> {
  readonly tenant: string
  /** Only sessions that were open at or after the first instant, and before the second. */
  readonly openFrom: SQL | undefined
  readonly openBefore: SQL | undefined
  readonly order: 'oldest' | 'newest'
  readonly limit: number | undefined
}

const it = userSessions

/** All columns that can be selected: `upload`, `download` and `used` are bytes, instants ISO 8601. */
const COLUMNS = {
  tenant: sql`${it.tenantId}`,
  id: sql`${it.id}`,
  router: sql`${it.routerId}`,
  service: sql`${it.service}`,
  protocol: sql`${it.protocol}`,
  username: sql`${it.username}`,
  ip_address: sql`${it.ipAddress}`,
  mac_address: sql`${it.macAddress}`,
  status: sql`${it.status}`,
  start_time: isoColumn(it.startTime),
  end_time: isoColumn(it.endTime),
  end_reason: sql`${it.endReason}`,
  upload: sql`${it.dataUpload}::text`,
  download: sql`${it.dataDownload}::text`,
  used: sql`(${it.dataUpload} + ${it.dataDownload})::text`,
  server: sql`${it.server}`,
  caller_id: sql`${it.callerId}`,
  binding: sql`${it.binding}`,
  domain: sql`${it.domain}`,
}

export type SessionColumn = keyof typeof COLUMNS

/** Selects sessions, each with all of its bytes, whenever they moved. */
export function sessionQuery(question: SessionQuestion, columns: readonly SessionColumn[]): Query {
  const { tenant, user, router, service, status, openFrom, openBefore, order, after, limit } = question
  const by = order === 'newest' ? desc : asc
  const query = QUERIES.select(
    Object.fromEntries(columns.map(name => [name, COLUMNS[name].as(`its_${name}`)])),
  )
    .from(it)
    .where(
      and(
        eq(it.tenantId, tenant),
        only(it.username, user),
        only(it.routerId, router),
        only(it.service, service),
        // A constant, not a parameter: the planner can then use the index of active sessions.
        status && (status === 'active' ? sql`${it.status} = 'active'` : sql`${it.status} = 'ended'`),
        openFrom && sql`(${it.endTime} is null or ${it.endTime} >= ${openFrom})`,
        openBefore && sql`${it.startTime} < ${openBefore}`,
        after && behind(order, after),
      ),
    )
    .orderBy(by(it.startTime), by(it.id))
  return limit === undefined ? query : query.limit(limit)
}

function behind(order: 'oldest' | 'newest', { startTime, id }: { startTime: string; id: string }): SQL {
  const key = sql`(${it.startTime}, ${it.id})`
  const other = sql`(${startTime}::timestamptz, ${id}::uuid)`
  return order === 'newest' ? sql`${key} < ${other}` : sql`${key} > ${other}`
}
