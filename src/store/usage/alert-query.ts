import { and, desc, eq, sql } from 'drizzle-orm'
import type { Question } from '../../api/usage/usage-source.ts'
import { alerts } from '../schema/alert-schema.ts'
import { isoColumn, only, QUERIES, type Query } from './query.ts'

/** `limit`: how many rows at most; `undefined`: all. */
type AlertQuestion = Extract<Question, { kind: 'alerts' }> & { readonly limit: number | undefined }

const it = alerts

/** Properties of details. Each kind has its own, and the others are null. `used`, `threshold` and `quota` are bytes. */
const DETAIL = [
  ...(['used', 'threshold', 'quota', 'last_reading_at', 'error'] as const),
  ...(['router', 'username', 'session_id', 'service', 'count'] as const),
]

/** The columns of `alertQuery`'s rows, all texts. */
export const ALERT_COLUMNS: readonly string[] = [
  ...(['id', 'rule', 'kind', 'scope', 'subject', 'period', 'fired_at', 'ended_at'] as const),
  ...DETAIL,
]

/** Selects a tenant's alerts, newest first. */
export function alertQuery({ tenant, rule, alertKind, subject, after, limit }: AlertQuestion): Query {
  const query = QUERIES.select({
    id: sql`${it.number}::text`.as('its_number'),
    ...{ rule: it.rule, kind: it.kind, scope: it.scope, subject: it.subject, period: it.period },
    fired_at: isoColumn(it.firedAt).as('its_fired_at'),
    ended_at: isoColumn(it.endedAt).as('its_ended_at'),
    ...Object.fromEntries(DETAIL.map(name => [name, sql`${it.detail} ->> ${name}::text`.as(`its_${name}`)])),
  })
    .from(it)
    .where(
      and(
        eq(it.tenantId, tenant),
        only(it.rule, rule),
        only(it.kind, alertKind),
        only(it.subject, subject),
        after === undefined ? undefined : sql`${it.number} < ${after}::int8`,
      ),
    )
    .orderBy(desc(it.number))
  return limit === undefined ? query : query.limit(limit)
}
