import { type AlertKind, SESSION_ALERTS } from '../../accounting/alert.ts'
import type { Exact } from '../../runtime/exact-json.ts'
import { lastKeyOf, type Reader } from './usage-questions.ts'
import type { Value } from './usage-source.ts'

const KINDS = ['usage', 'router_offline', ...SESSION_ALERTS, 'more'] as const satisfies readonly AlertKind[]

const OF_SESSION = ['router', 'username', 'session_id', 'service']

/** The columns in the detail of each kind. They are empty for other kinds. */
const DETAILS: Readonly<Record<AlertKind, readonly string[]>> = {
  usage: ['used', 'threshold', 'quota'],
  router_offline: ['last_reading_at', 'error'],
  session_stalled: OF_SESSION,
  session_uncounted: OF_SESSION,
  more: ['count'],
}
const BESIDE = ['rule', 'kind', 'scope', 'subject', 'period', 'fired_at', 'ended_at']

export const alertsQuestion: Reader = (parameters, context) => {
  const rule = parameters.text('rule')
  const alertKind = parameters.choice('kind', KINDS)
  const subject = parameters.text('subject')
  const after = lastKeyOf(parameters, context, isId)
  if (parameters.faults.length > 0) return undefined
  const { tenant } = context
  const question = { kind: 'alerts', tenant, rule, alertKind, subject, after } as const
  return { question, days: undefined, about: {}, key: ['id'] }
}

/** An alert as JSON, as in `AlertJson`, but with exact bytes. */
export function alertRow(row: ReadonlyMap<string, Value>): Exact {
  const kind = KINDS.find(it => it === row.get('kind'))
  const picked = (names: readonly string[]) =>
    Object.fromEntries(names.map(name => [name, row.get(name) ?? null]))
  const detail = picked(kind === undefined ? [] : DETAILS[kind])
  return { id: BigInt(row.get('id') ?? 0), ...picked(BESIDE), detail }
}

/** Whether a text is an alert's id, which is an int8 in PostgreSQL. */
function isId(key: string): boolean {
  return /^[1-9]\d{0,17}$/.test(key)
}
