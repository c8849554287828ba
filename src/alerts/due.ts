import type {
  AlertTerms,
  DueSession,
  DueUsage,
  Outage,
  OutageRule,
  Recovery,
  SessionAlertKind,
} from '../accounting/alert.ts'
import type { Calendar } from '../accounting/calendar.ts'
import { type RouterId, routerKey, type TenantId } from '../accounting/ids.ts'
import { openDays, openSpans } from './periods.ts'
import type { RouterSight, Silences } from './silence.ts'

/** A router that is this daemon's to read. */
export interface WatchedRouter {
  readonly router: RouterId
  readonly isEnabled: boolean
  /** Absent before the first one of this process. */
  readonly lastReadingAt: Date | undefined
  readonly error: string | undefined
}

/** What rules are judged by. */
export interface Grounds {
  readonly calendar: Calendar
  readonly now: Date
  readonly routers: readonly WatchedRouter[]
  readonly silences: Silences
}

/** What is to be fired, as far as it has not been. */
export interface Due {
  /** By their kind, whose sums take about as long as one another. */
  readonly usage: ReadonlyMap<string, readonly DueUsage[]>
  /** By their kind. */
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

/** A router that is not to be read any more is not awaited either. */
export function recoveredOf(routers: readonly WatchedRouter[]): readonly Recovery[] {
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
