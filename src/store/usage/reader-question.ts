import { sql } from 'drizzle-orm'
import type { Question } from '../../api/usage/usage-source.ts'
import { ALERT_COLUMNS, alertQuery } from './alert-query.ts'
import { dailyColumns, dailyQuery } from './daily-query.ts'
import { HOUR_COLUMNS, hourQuery } from './hour-query.ts'
import type { Query } from './query.ts'
import { type SessionColumn, sessionQuery } from './session-query.ts'

const SESSION_COLUMNS: readonly SessionColumn[] = [
  ...(['tenant', 'id', 'router', 'service', 'protocol', 'username', 'ip_address', 'mac_address'] as const),
  ...(['status', 'start_time', 'end_time', 'end_reason', 'upload', 'download', 'used'] as const),
  // Columns of later releases are last, for readers of CSV that go by position.
  ...(['server', 'caller_id', 'binding', 'domain'] as const),
]

/** The columns of each row, in this order. */
export function columnsOf(question: Question): readonly string[] {
  switch (question.kind) {
    case 'daily':
      return dailyColumns(question.by)
    case 'hours':
      return HOUR_COLUMNS
    case 'sessions':
      return SESSION_COLUMNS
    case 'alerts':
      return ALERT_COLUMNS
    default:
      return question satisfies never
  }
}

/** @param limit how many rows at most; `undefined`: all */
export function queryOf(question: Question, limit: number | undefined): Query {
  switch (question.kind) {
    case 'daily': {
      const { from, to } = question
      const days = {
        from: from === undefined ? undefined : sql`${from}::date`,
        to: to === undefined ? undefined : sql`${to}::date`,
      }
      return dailyQuery({ ...question, ...days, limit })
    }
    case 'hours':
      return hourQuery({ ...question, limit })
    case 'sessions': {
      const open = { openFrom: instantOf(question.openFrom), openBefore: instantOf(question.openBefore) }
      return sessionQuery({ ...question, ...open, limit }, SESSION_COLUMNS)
    }
    case 'alerts':
      return alertQuery({ ...question, limit })
    default:
      return question satisfies never
  }
}

function instantOf(date: Date) {
  return sql`${date.toISOString()}::timestamptz`
}
