import type { Day } from './calendar.ts'
import type { RouterId, SessionId, TenantId } from './ids.ts'
import type { Service } from './reading.ts'

/* Alerts and their rules. The types that end in `Json` are the JSON itself, for the feed, HTTP and webhooks. */

export const ALERT_SCOPES = ['user', 'router', 'tenant'] as const
/** The subjects of a rule: each subscriber, each router, or the tenant as a whole. */
export type AlertScope = (typeof ALERT_SCOPES)[number]

export const ALERT_PERIODS = ['day', 'month'] as const
/** A day or month of the tenant (docs/accounting.md rule 16). */
export type AlertPeriod = (typeof ALERT_PERIODS)[number]

/** The usage of a subject in a period, upload and download together, at which an alert is due. */
export interface UsageLimit {
  /** Bytes. */
  readonly threshold: number
  /** Bytes of which the threshold is a share. Absent if the threshold is an amount. */
  readonly quota: number | undefined
}

/** Fires once for each subject and each period in which it used that much. */
export interface UsageRule {
  readonly kind: 'usage'
  /** Unique within the tenant. A rule that changes and keeps its id does not fire again. */
  readonly id: string
  readonly scope: AlertScope
  readonly period: AlertPeriod
  /** The limit of subjects without a particular one; absent if they have none. */
  readonly usual: UsageLimit | undefined
  /** Limits by subject. */
  readonly particular: ReadonlyMap<string, UsageLimit>
}

/** Fires once for each outage of a router, and reports when it ends. */
export interface OutageRule {
  readonly kind: 'router_offline'
  readonly id: string
  /** Milliseconds without a reading after which it fires. */
  readonly afterMs: number
}

export const SESSION_ALERTS = ['session_stalled', 'session_uncounted'] as const
/** Sessions that moved no byte for a long time (rule 13), or had no counters for as long (rule 27). */
export type SessionAlertKind = (typeof SESSION_ALERTS)[number]

/** Fires once a day for each subscriber, or each router, that has such a session. */
export interface SessionRule {
  readonly kind: SessionAlertKind
  readonly id: string
  readonly scope: 'user' | 'router'
}

export type AlertRule = UsageRule | OutageRule | SessionRule
/** `more`: one router had more alerts than are sent one by one. */
export type AlertKind = AlertRule['kind'] | 'more'

/** A tenant's rules, and which of its webhooks get the alerts of which rules. */
export interface AlertTerms {
  readonly tenant: TenantId
  readonly rules: readonly AlertRule[]
  readonly webhooks: readonly { readonly id: string; readonly rules: ReadonlySet<string> }[]
}

/** One of the tenant's days or months, up to now. */
export interface Span {
  /** `2026-11-26` or `2026-11` */
  readonly name: string
  /** The first day, and the last one that can have usage yet. */
  readonly fromDay: string
  readonly toDay: string
}

/** A usage rule and a period to check. */
export interface DueUsage {
  readonly rule: UsageRule
  readonly span: Span
}

/** A session rule and a day to check. */
export interface DueSession {
  readonly rule: SessionRule
  readonly day: Day
}

/** A router that is not read, and since when. */
export interface Outage {
  readonly rule: OutageRule
  readonly router: RouterId
  readonly begin: Date
  readonly lastReadingAt: Date | undefined
  readonly error: string | undefined
}

/** A router whose outage, if it had one, may be over. */
export interface EndedOutage {
  readonly router: RouterId
  /** Absent if it is not read any more. */
  readonly lastReadingAt: Date | undefined
}

interface AlertJsonBase {
  /** Grows with time. It is unique within a tenant only. */
  readonly id: number
  readonly rule: string
  readonly scope: AlertScope
  /** A username, a router's id, or the tenant's id. */
  readonly subject: string
  /** The tenant's month or day, `2026-11` or `2026-11-26`; an instant for an outage (its begin) and for `more`. */
  readonly period: string
  readonly fired_at: string
  /** `null` for all alerts but outages that are over. */
  readonly ended_at: string | null
}

export type AlertJson =
  | (AlertJsonBase & {
      readonly kind: 'usage'
      /** Bytes at the time when it fired. */
      readonly detail: { readonly used: number; readonly threshold: number; readonly quota: number | null }
    })
  | (AlertJsonBase & {
      readonly kind: 'router_offline'
      readonly detail: { readonly last_reading_at: string | null; readonly error: string | null }
    })
  | (AlertJsonBase & {
      readonly kind: SessionAlertKind
      /** The first session that was found. */
      readonly detail: {
        readonly router: RouterId
        readonly username: string
        readonly session_id: SessionId
        readonly service: Service
      }
    })
  | (AlertJsonBase & {
      readonly kind: 'more'
      /** Number of alerts of the rule about subscribers of the router, besides those that were sent one by one. */
      readonly detail: { readonly count: number }
    })

/** An alert and its tenant. */
export interface TenantAlert {
  readonly tenant: TenantId
  readonly alert: AlertJson
}
