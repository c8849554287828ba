import { fieldsOf, numberOf, textOf } from './fields.ts'
import { dayName, type LocalTime, monthName } from './instant.ts'
import { formatBytes } from './quantity.ts'
import { visible } from './visible.ts'

export interface Alert {
  readonly id: number
  readonly kind: string
  readonly scope: string
  readonly subject: string
  readonly period: string
  readonly firedAt: string
  /** Only a router's outage ends. */
  readonly endedAt: string | undefined
  readonly detail: Readonly<Record<string, unknown>>
}

/** Those shown: the newest. */
export const MOST_ALERTS = 20

/** @param value as the feed and HTTP have it */
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

/** With one more, or another state of one of them: newest first, and no more than are shown. */
export function withAlert(alerts: readonly Alert[], alert: Alert): readonly Alert[] {
  return [alert, ...alerts.filter(({ id }) => id !== alert.id)]
    .sort((a, b) => b.id - a.id)
    .slice(0, MOST_ALERTS)
}

/** Whether it says something that was not so at `since`, when the page began to look: older ones are told again. */
export function isNews(alerts: readonly Alert[], alert: Alert, since: string): boolean {
  const isKnown = alerts.some(({ id, endedAt }) => id === alert.id && endedAt === alert.endedAt)
  return !isKnown && Date.parse(alert.endedAt ?? alert.firedAt) > Date.parse(since)
}

/** What happened, around the name of whom. */
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
      return scope === 'router' ? 'has a session that moves nothing' : 'is online and moves nothing'
    case 'session_uncounted':
      return scope === 'router' ? 'has a session that can not be counted' : 'is online and can not be counted'
    case 'more':
      return `had ${numberOf(detail['count'])} more alerts`
    default:
      return visible(kind.replaceAll('_', ' '))
  }
}

/** @param period the tenant's day or month */
function periodWords(period: string): string {
  if (/^\d{4}-\d\d-\d\d$/.test(period)) return `on ${dayName(period)}`
  if (/^\d{4}-\d\d$/.test(period)) return `in ${monthName(period)}`
  return visible(period)
}
