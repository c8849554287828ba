import type { AlertJson } from '../../accounting/alert.ts'
import type { AlertEvent } from '../message.ts'
import { bytesText, durationText, localTime, percentText } from './amounts.ts'
import { name, plain, type Words, words } from './words.ts'

/** How people know a tenant, and which clock is on their wall. */
export interface NamedTenant {
  readonly name: string
  /** An IANA name. */
  readonly timezone: string
}

/** What people read of an alert, in every format and in mails. */
export interface Wording {
  /** What happened to whom. */
  readonly headline: Words
  /** The numbers, and since when. */
  readonly details: Words
}

/** Errors of routers say more than names do. */
const MOST_OF_AN_ERROR = 200

/** The wording is the same at each attempt, as long as the tenant's name and zone are. */
export function wordingOf(event: AlertEvent, alert: AlertJson, tenant: NamedTenant): Wording {
  return event === 'fired' ? firedWording(alert, tenant) : endedWording(alert, tenant)
}

/** `headline: details.` */
export function sentenceOf({ headline, details }: Wording): Words {
  return words`${headline}: ${details}.`
}

function firedWording(alert: AlertJson, tenant: NamedTenant): Wording {
  const who = subjectOf(alert, tenant)
  const firedAt = timeOf(alert.fired_at, tenant)
  switch (alert.kind) {
    case 'usage': {
      const { used, threshold, quota } = alert.detail
      const period = plain(`${alert.period.length > 7 ? 'on' : 'in'} ${alert.period}`)
      return quota === null
        ? {
            headline: words`${who} used ${plain(bytesText(threshold))} or more ${period}`,
            details: words`${plain(bytesText(used))} by ${firedAt}`,
          }
        : {
            headline: words`${who} used ${plain(percentText(used, quota))} of the quota ${period}`,
            details: words`${plain(bytesText(used))} of ${plain(bytesText(quota))} by ${firedAt}`,
          }
    }
    case 'router_offline': {
      const { error } = alert.detail
      const silence = plain(durationText(Date.parse(alert.fired_at) - Date.parse(alert.period)))
      const why = error === null ? [] : words`; ${name(error, MOST_OF_AN_ERROR)}`
      return {
        headline: words`${who} is offline`,
        details: words`not read for ${silence}, since ${timeOf(alert.period, tenant)}${why}`,
      }
    }
    case 'session_stalled':
      return {
        headline:
          alert.scope === 'user'
            ? words`${who} is online without traffic`
            : words`${who} has a session without traffic`,
        details: words`the ${session(alert.detail)} moves no bytes; noticed ${firedAt}`,
      }
    case 'session_uncounted':
      return {
        headline:
          alert.scope === 'user'
            ? words`${who} is online and cannot be counted`
            : words`${who} has a session that cannot be counted`,
        details: words`the ${session(alert.detail)} has no counters; noticed ${firedAt}`,
      }
    case 'more':
      return {
        headline: words`${who} has ${plain(String(alert.detail.count))} more alerts`,
        details: words`too many to send one by one; see /api/alerts, rule ${alert.rule}`,
      }
    default:
      return alert satisfies never
  }
}

/** Only outages end. An outage also ends when the router is disabled or removed, so this does not say that it is back. */
function endedWording(alert: AlertJson, tenant: NamedTenant): Wording {
  const { ended_at: endedAt, fired_at: firedAt, period, kind } = alert
  const [begin, end] = [kind === 'router_offline' ? period : firedAt, endedAt ?? firedAt]
  const lasted = plain(durationText(Date.parse(end) - Date.parse(begin)))
  return {
    headline: words`The outage of ${subjectOf(alert, tenant, 'router')} is over`,
    details: words`it lasted ${lasted}, until ${timeOf(end, tenant)}`,
  }
}

/** `Router hq (Acme WISP)`; the tenant itself needs no brackets. */
function subjectOf({ scope, subject }: AlertJson, tenant: NamedTenant, router = 'Router'): Words {
  switch (scope) {
    case 'tenant':
      return words`Tenant ${tenant.name}`
    case 'router':
      return words`${plain(router)} ${subject} (${tenant.name})`
    case 'user':
      return words`Subscriber ${subject} (${tenant.name})`
    default:
      return scope satisfies never
  }
}

function session(detail: {
  readonly router: string
  readonly username: string
  readonly service: string
}): Words {
  return words`${plain(detail.service)} session of ${detail.username} at router ${detail.router}`
}

function timeOf(instant: string, { timezone }: NamedTenant): Words {
  return plain(`${localTime(new Date(instant), timezone)} (${timezone})`)
}
