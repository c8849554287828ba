import type { Pool, QueryResultRow } from 'pg'
import type {
  AlertJson,
  DueSession,
  DueUsage,
  EndedOutage,
  Outage,
  SessionAlertKind,
  TenantAlert,
  UsageLimit,
} from '../../accounting/alert.ts'
import { routerId, sessionId, type TenantId, tenantId } from '../../accounting/ids.ts'
import type { Service } from '../../accounting/reading.ts'
import type { AlertRecipients, AlertRecord } from '../../alerts/record.ts'
import { BorrowedConnection } from '../pg/borrowed-connection.ts'
import { asking } from '../pg/errors.ts'
import { type ConnectionOptions, openPool } from '../pg/pool.ts'
import { storableText } from '../pg/storable.ts'
import {
  ALERT_STATEMENT_MS,
  CHANGED_SINCE,
  END_OUTAGES,
  FIRE_OUTAGES,
  FIRE_SESSIONS,
  FIRE_USAGE,
  NOW,
  OPEN_OUTAGES,
  type PreparedStatement,
  RECENT_OF,
} from './alert-statements.ts'

export interface AlertRow {
  readonly tenant_id: string
  readonly id: string
  readonly rule: string
  readonly scope: AlertJson['scope']
  readonly subject: string
  readonly period: string
  readonly fired_at: string
  readonly ended_at: string | null
  readonly kind: AlertJson['kind']
  readonly detail: {
    readonly used: number
    readonly threshold: number
    readonly quota: number | null
    readonly last_reading_at: string | null
    readonly error: string | null
    readonly router: string
    readonly username: string
    readonly session_id: string
    readonly service: Service
    readonly count: number
  }
}

const WHAT = 'alerts are not read or written'

/** The table of alerts, on connections of its own. Every method throws DatabaseUnavailable if there is no answer. */
export class AlertStore implements AlertRecord {
  readonly #pool: Pool
  /** Breaks off all queries, now and later. */
  readonly cutOff: () => void
  /** Waits for the queries under way. May be called again. */
  readonly stop: () => Promise<void>

  /** Connects with the first query. */
  constructor(options: ConnectionOptions) {
    const { pool, cutOff, end } = openPool({ ...options, statementMs: ALERT_STATEMENT_MS, isPipeline: false })
    this.#pool = pool
    this.cutOff = cutOff
    this.stop = end
  }

  /** Takes long if there are many subscribers. Rejects if the signal aborts. */
  async fireUsage(
    recipients: AlertRecipients,
    due: readonly DueUsage[],
    signal: AbortSignal,
  ): Promise<number> {
    const particular = [...new Set(due.map(({ rule }) => rule))].flatMap(rule =>
      Array.from(rule.particular, ([subject, limit]) => ({ rule: rule.id, subject, limit })),
    )
    const usual = (of: (limit: UsageLimit) => number | undefined) =>
      due.map(({ rule }) => (rule.usual && of(rule.usual)) ?? null)
    const values = [
      ...recipientsOf(recipients),
      due.map(({ rule }) => rule.id),
      due.map(({ rule }) => rule.scope),
      due.map(({ span }) => span.name),
      due.map(({ span }) => span.fromDay),
      due.map(({ span }) => span.toDay),
      usual(limit => limit.threshold),
      usual(limit => limit.quota),
      particular.map(it => it.rule),
      particular.map(it => it.subject),
      particular.map(it => it.limit.threshold),
      particular.map(it => it.limit.quota ?? null),
    ]
    return asking(WHAT, () =>
      BorrowedConnection.during(this.#pool, signal, async client => {
        const { rows } = await client.query<{ count: number }>({ ...FIRE_USAGE, values })
        return rows[0]?.count ?? 0
      }),
    )
  }

  fireOutages(recipients: AlertRecipients, silent: readonly Outage[]): Promise<number> {
    return this.#count(FIRE_OUTAGES, [
      ...recipientsOf(recipients),
      silent.map(it => it.rule.id),
      silent.map(it => it.router),
      silent.map(it => it.begin.toISOString()),
      silent.map(it => it.lastReadingAt?.toISOString() ?? null),
      silent.map(it => (it.error === undefined ? null : storableText(it.error))),
    ])
  }

  async openOutages(tenants: readonly TenantId[]): Promise<ReadonlySet<TenantId>> {
    const rows = await this.#ask<{ readonly tenant_id: string }>(OPEN_OUTAGES, [tenants])
    return new Set(rows.map(({ tenant_id }) => tenantId(tenant_id)))
  }

  endOutages(recipients: AlertRecipients, recovered: readonly EndedOutage[]): Promise<number> {
    return this.#count(END_OUTAGES, [
      ...recipientsOf(recipients),
      recovered.map(it => it.router),
      recovered.map(it => it.lastReadingAt?.toISOString() ?? null),
    ])
  }

  /** @param kind the kind of all rules in `due` */
  fireSessions(
    recipients: AlertRecipients,
    kind: SessionAlertKind,
    due: readonly DueSession[],
  ): Promise<number> {
    return this.#count(FIRE_SESSIONS[kind], [
      ...recipientsOf(recipients),
      due.map(({ rule }) => rule.id),
      due.map(({ rule }) => rule.scope),
      due.map(({ day }) => day.name),
      due.map(({ day }) => new Date(day.startMs).toISOString()),
      due.map(({ day }) => new Date(day.endMs).toISOString()),
    ])
  }

  async recent(
    tenants: readonly TenantId[],
    most: number,
  ): Promise<ReadonlyMap<TenantId, readonly AlertJson[]>> {
    const recent = new Map<TenantId, AlertJson[]>(tenants.map(tenant => [tenant, []]))
    for (const row of await this.#ask<AlertRow>(RECENT_OF, [tenants, most])) {
      const { tenant, alert } = alertOf(row)
      recent.get(tenant)?.push(alert)
    }
    return recent
  }

  async changedSince(tenants: readonly TenantId[], since: string): Promise<readonly TenantAlert[]> {
    return (await this.#ask<AlertRow>(CHANGED_SINCE, [tenants, since])).map(alertOf)
  }

  async now(): Promise<string> {
    const [row] = await this.#ask<{ readonly now: string }>(NOW, [])
    if (!row) throw new Error('PostgreSQL did not return the time')
    return row.now
  }

  async #count(statement: PreparedStatement, values: readonly unknown[]): Promise<number> {
    const [row] = await this.#ask<{ readonly count: number }>(statement, values)
    return row?.count ?? 0
  }

  async #ask<Row extends QueryResultRow>(
    statement: PreparedStatement,
    values: readonly unknown[],
  ): Promise<readonly Row[]> {
    return asking(WHAT, async () => (await this.#pool.query<Row>({ ...statement, values: [...values] })).rows)
  }
}

/** The first three parameters of each statement that writes. */
function recipientsOf({ tenant, webhooks }: AlertRecipients): readonly unknown[] {
  const pairs = webhooks.flatMap(({ id, rules }) => Array.from(rules, rule => ({ id, rule })))
  return [tenant, pairs.map(it => it.id), pairs.map(it => it.rule)]
}

export function alertOf(row: AlertRow): TenantAlert {
  const { tenant_id, rule, scope, subject, period, fired_at, ended_at, detail } = row
  const base = { id: Number(row.id), rule, scope, subject, period, fired_at, ended_at }
  const tenant = tenantId(tenant_id)
  switch (row.kind) {
    case 'usage': {
      const { used, threshold, quota } = detail
      return { tenant, alert: { ...base, kind: row.kind, detail: { used, threshold, quota } } }
    }
    case 'router_offline': {
      const { last_reading_at, error } = detail
      return { tenant, alert: { ...base, kind: row.kind, detail: { last_reading_at, error } } }
    }
    case 'session_stalled':
    case 'session_uncounted': {
      const { username, service } = detail
      const where = { router: routerId(detail.router), session_id: sessionId(detail.session_id) }
      return { tenant, alert: { ...base, kind: row.kind, detail: { ...where, username, service } } }
    }
    case 'more':
      return { tenant, alert: { ...base, kind: row.kind, detail: { count: detail.count } } }
    default:
      return row.kind satisfies never
  }
}
