import { formatBytes } from './format-quantity.ts'
import { dayName, type LocalTime, monthName } from './instant.ts'
import { fieldsOf, numberOf, textOf } from './json-fields.ts'
import { visible } from './visible.ts'

export interface Alert {
  readonly id: number
  readonly kind: string
  readonly scope: string
  readonly subject: string
  readonly period: string
  readonly firedAt: string
  /** Only outages of routers end. */
  readonly endedAt: string | undefined
  readonly detail: Readonly<Record<string, unknown>>
}

/** How many alerts are shown, the newest ones. */
export const MOST_ALERTS = 20

/** @param value an alert from the feed or from HTTP */
export function alertOf(value: unknown): Alert {
  const fields = fieldsOf(value)
  const endedAt = fields['ended_at']
  return {
    id: numberOf(fields['id']),
    kind: textOf(fields['kind']),
    scope: textOf(fields['scope']),
    subject: textOf(fields['subject']),
    period: textOf(fields['period']),
    firedAt: textOf(fields['fired_at']),
    endedAt: typeof endedAt === 'string' ? endedAt : undefined,
    detail: fieldsOf(fields['detail']),
  }
}

/** Adds an alert, or replaces one by its new state: newest first, limited to those that are shown. */
export function withAlert(alerts: readonly Alert[], alert: Alert): readonly Alert[] {
  return [alert, ...alerts.filter(({ id }) => id !== alert.id)]
    .sort((a, b) => b.id - a.id)
    .slice(0, MOST_ALERTS)
}

/** Whether it is new since `since`, when the page was opened: a refresh repeats older ones. */
export function isNews(alerts: readonly Alert[], alert: Alert, since: string): boolean {
  const isKnown = alerts.some(({ id, endedAt }) => id === alert.id && endedAt === alert.endedAt)
  return !isKnown && Date.parse(alert.endedAt ?? alert.firedAt) > Date.parse(since)
}

/** The sentence about an alert, before and after the name of its subject. */
export interface AlertWords {
  readonly before: string
  readonly after: string
}

export function wordsOf(alert: Alert, time: LocalTime): AlertWords {
  const before = { router: 'Router ', tenant: 'All of ' }[alert.scope] ?? ''
  return { before, after: ` ${deed(alert, time)}` }
}

function deed({ kind, scope, period, endedAt, detail }: Alert, time: LocalTime): string {
  switch (kind) {
    case 'usage': {
      const { used, threshold, quota } = detail
      const limit =
        typeof quota === 'number'
          ? `of its ${formatBytes(quota)}`
          : `, over ${formatBytes(numberOf(threshold))},`
      return `used ${formatBytes(numberOf(used))} ${limit} ${periodWords(period)}`.replace(' ,', ',')
    }
    case 'router_offline': {
      if (endedAt !== undefined) return `was offline until ${time.moment(endedAt, endedAt)}`
      const error = textOf(detail['error'])
      return error === '' ? 'is offline' : `is offline: ${visible(error)}`
    }
    case 'session_stalled':
      return scope === 'router' ? 'has a session without traffic' : 'is online without traffic'
    case 'session_uncounted':
      return scope === 'router' ? 'has a session that cannot be counted' : 'is online and cannot be counted'
    case 'more':
      return `had ${numberOf(detail['count'])} more alerts`
    default:
      return visible(kind.replaceAll('_', ' '))
  }
}

/** @param period a day or month of the tenant */
function periodWords(period: string): string {
  if (/^\d{4}-\d\d-\d\d$/.test(period)) return `on ${dayName(period)}`
  if (/^\d{4}-\d\d$/.test(period)) return `in ${monthName(period)}`
  return visible(period)
}
