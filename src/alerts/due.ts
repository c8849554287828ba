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
