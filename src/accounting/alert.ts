import type { Day } from './calendar.ts'
import type { RouterId, SessionId, TenantId } from './ids.ts'
import type { Service } from './reading.ts'

/** What alerts are about, by what rules. The shapes that end in `Json` are the JSON itself, for the feed, HTTP and webhooks. */

export const ALERT_SCOPES = ['user', 'router', 'tenant'] as const
/** Of whom: each subscriber, each router, or the tenant as a whole. */
export type AlertScope = (typeof ALERT_SCOPES)[number]

export const ALERT_PERIODS = ['day', 'month'] as const
/** The tenant's (docs/accounting.md rule 16). */
export type AlertPeriod = (typeof ALERT_PERIODS)[number]

/** Of all that a subject uses in a period, up and down, at which an alert is due. */
export interface UsageLimit {
  /** Bytes. */
  readonly threshold: number
  /** Bytes; what the threshold is a share of. Absent where it is an amount of its own. */
  readonly quota: number | undefined
}

/** Fires once for each subject in each period that it used so much in. */
export interface UsageRule {
  readonly kind: 'usage'
  /** The rule's own, unique within its tenant. A rule that is changed and keeps its id does not fire again. */
  readonly id: string
  readonly scope: AlertScope
  readonly period: AlertPeriod
  /** For each subject that has none of its own; absent: for nobody else. */
  readonly usual: UsageLimit | undefined
  /** By subject. */
  readonly particular: ReadonlyMap<string, UsageLimit>
}

/** Fires once for each outage of a router, and tells when it ends. */
export interface OutageRule {
  readonly kind: 'router_offline'
  readonly id: string
  /** For how long it was not read. */
  readonly afterMs: number
}

export const SESSION_ALERTS = ['session_stalled', 'session_uncounted'] as const
/** Of sessions without a byte for long (rule 13), or without counters for as long (rule 27). */
export type SessionAlertKind = (typeof SESSION_ALERTS)[number]

/** Fires once a day for each subscriber, or each router, that has such a session. */
export interface SessionRule {
  readonly kind: SessionAlertKind
  readonly id: string
  readonly scope: 'user' | 'router'
}

export type AlertRule = UsageRule | OutageRule | SessionRule
/** `more`: of one router there were more alerts than are told one by one. */
export type AlertKind = AlertRule['kind'] | 'more'

/** A tenant's rules, and which of its webhooks hear of what. */
export interface AlertTerms {
  readonly tenant: TenantId
  readonly rules: readonly AlertRule[]
  readonly webhooks: readonly { readonly id: string; readonly rules: ReadonlySet<string> }[]
}

/** One of the tenant's days or months, as far as it can have usage yet. */
export interface Span {
  /** `2026-11-26` or `2026-11` */
  readonly name: string
  /** Its first day, and the last one that is to be looked at. */
  readonly fromDay: string
  readonly toDay: string
}

/** A rule, and a period to judge by it. */
export interface DueUsage {
  readonly rule: UsageRule
  readonly span: Span
}

export interface DueSession {
  readonly rule: SessionRule
  readonly day: Day
}

/** A router that tells nothing, and since when. */
export interface Outage {
  readonly rule: OutageRule
  readonly router: RouterId
  readonly begin: Date
  readonly lastReadingAt: Date | undefined
  readonly error: string | undefined
}

/** A router whose outage, if it had one, may be over. */
export interface Recovery {
  readonly router: RouterId
  /** Absent: it is not to be read any more. */
  readonly lastReadingAt: Date | undefined
}

interface AlertJsonBase {
  /** Grows with time. The tenant's own: another one has the same. */
  readonly id: number
  readonly rule: string
  readonly scope: AlertScope
  /** A username, a router's id, or the tenant's. */
  readonly subject: string
  /** The tenant's month or day, `2026-11` or `2026-11-26`; of an outage its begin, of `more` when it was, as instants. */
  readonly period: string
  readonly fired_at: string
  /** Only an outage ends. */
  readonly ended_at: string | null
}

export type AlertJson =
  | (AlertJsonBase & {
      readonly kind: 'usage'
      /** Bytes: as much as it was when it fired. */
      readonly detail: { readonly used: number; readonly threshold: number; readonly quota: number | null }
    })
  | (AlertJsonBase & {
      readonly kind: 'router_offline'
      readonly detail: { readonly last_reading_at: string | null; readonly error: string | null }
    })
  | (AlertJsonBase & {
      readonly kind: SessionAlertKind
      /** The first that was found. */
      readonly detail: {
        readonly router: RouterId
        readonly username: string
        readonly session_id: SessionId
        readonly service: Service
      }
    })
  | (AlertJsonBase & {
      readonly kind: 'more'
      /** Of the rule, about subscribers of the router, in addition to those that were told one by one. */
      readonly detail: { readonly count: number }
    })

/** An alert, and whose it is. */
export interface TenantAlert {
  readonly tenant: TenantId
  readonly alert: AlertJson
}
