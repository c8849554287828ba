import type {
  AlertPeriod,
  AlertTerms,
  DueSession,
  DueUsage,
  EndedOutage,
  Outage,
  OutageRule,
  SessionAlertKind,
  Span,
} from '../accounting/alert.ts'
import type { Calendar, Day } from '../accounting/calendar.ts'
import { type RouterId, routerKey, type TenantId } from '../accounting/ids.ts'
import type { RouterSight, Silences } from './silence.ts'

/** A router that this daemon reads. */
export interface WatchedRouter {
  readonly router: RouterId
  readonly isEnabled: boolean
  /** `undefined` before the first reading of this process. */
  readonly lastReadingAt: Date | undefined
  readonly error: string | undefined
}

/** Everything that rules are judged by. */
export interface Grounds {
  readonly calendar: Calendar
  readonly now: Date
  readonly routers: readonly WatchedRouter[]
  readonly silences: Silences
}

/** Rules and outages that are due. Those that fired already are left out later, by the record. */
export interface Due {
  /** By kind. The sums of one kind take about equally long. */
  readonly usage: ReadonlyMap<string, readonly DueUsage[]>
  /** By kind. */
  readonly sessions: ReadonlyMap<SessionAlertKind, readonly DueSession[]>
  readonly outages: readonly Outage[]
}

export function dueBy({ tenant, rules }: Pick<AlertTerms, 'tenant' | 'rules'>, grounds: Grounds): Due {
  const { calendar, now } = grounds
  const usage = new Map<string, readonly DueUsage[]>()
  const sessions = new Map<SessionAlertKind, readonly DueSession[]>()
  const outages: Outage[] = []
  for (const rule of rules)
    switch (rule.kind) {
      case 'usage': {
        const kind = `${rule.scope} ${rule.period}`
        const due = openSpans(rule.period, calendar, now).map(span => ({ rule, span }))
        usage.set(kind, [...(usage.get(kind) ?? []), ...due])
        break
      }
      case 'session_stalled':
      case 'session_uncounted': {
        const due = openDays(calendar, now).map(day => ({ rule, day }))
        sessions.set(rule.kind, [...(sessions.get(rule.kind) ?? []), ...due])
        break
      }
      case 'router_offline':
        for (const outage of outagesBy(rule, tenant, grounds)) outages.push(outage)
        break
      default:
        rule satisfies never
    }
  return { usage, sessions, outages }
}

function outagesBy(
  rule: OutageRule,
  tenant: TenantId,
  { now, routers, silences }: Grounds,
): readonly Outage[] {
  return routers.flatMap(it => {
    const { router, lastReadingAt, error } = it
    const silentMs = silences.of(sightOf(tenant, it))
    if (silentMs === undefined || silentMs < rule.afterMs) return []
    const begin = lastReadingAt ?? new Date(now.getTime() - silentMs)
    return [{ rule, router, begin, lastReadingAt, error }]
  })
}

/** Routers whose outages end: read ones, and disabled ones, which are not expected to answer. */
export function recoveredOf(routers: readonly WatchedRouter[]): readonly EndedOutage[] {
  return routers
    .filter(it => !it.isEnabled || it.lastReadingAt !== undefined)
    .map(({ router, isEnabled, lastReadingAt }) => ({
      router,
      lastReadingAt: isEnabled ? lastReadingAt : undefined,
    }))
}

export function sightOf(tenant: TenantId, { router, lastReadingAt }: WatchedRouter): RouterSight {
  return { key: routerKey(tenant, router), lastReadingAt }
}

/**
 * Yesterday and today. The last minutes of a day are committed after its end, and after an outage hours later.
 */
export function openDays(calendar: Calendar, now: Date): readonly [Day, Day] {
  const today = calendar.dayAt(now.getTime())
  return [calendar.dayAt(today.startMs - 1), today]
}

/** The days or months of yesterday and today. */
export function openSpans(period: AlertPeriod, calendar: Calendar, now: Date): readonly Span[] {
  const days = openDays(calendar, now).map(day => day.name)
  if (period === 'day') return days.map(day => ({ name: day, fromDay: day, toDay: day }))
  const lastDays = new Map(days.map(day => [day.slice(0, 7), day]))
  return Array.from(lastDays, ([name, toDay]) => ({ name, fromDay: `${name}-01`, toDay }))
}
