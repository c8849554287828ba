/** The messages of the feed as sent on the wire. `config/asyncapi.yaml` describes them in full. */

export interface WelcomeMessage {
  readonly type: 'welcome'
  readonly role: 'tenant' | 'admin'
  readonly tenants: readonly string[]
  /** Time between two snapshots of a tenant. */
  readonly interval_ms: number
  readonly server_version: string
}

export interface SnapshotMessage {
  readonly type: 'snapshot'
  readonly tenant: string
  /** Grows by one with each snapshot of the tenant; a gap means skipped snapshots. */
  readonly seq: number
  /** ISO 8601 in UTC, like all instants. */
  readonly as_of: string
  readonly stats: Stats
  readonly routers: readonly Router[]
}

export interface SessionsMessage {
  readonly type: 'sessions'
  readonly tenant: string
  readonly seq: number
  readonly as_of: string
  readonly sessions: readonly Session[]
}

/** The sum over all tenants, for admins who subscribe to it. */
export interface SystemMessage {
  readonly type: 'system'
  readonly seq: number
  readonly as_of: string
  readonly stats: Stats
}

/** An alert when it fires, and again when it ends, with the same id and `ended_at`. */
export interface AlertMessage {
  readonly type: 'alert'
  readonly tenant: string
  readonly alert: Alert
}

export interface ErrorMessage {
  readonly type: 'error'
  readonly code: string
  readonly message: string
}

export interface Usage {
  readonly upload: number
  readonly download: number
  readonly used: number
}

export interface Stats {
  /** GB (bytes / 1024³) with two decimals, like the next four. */
  readonly data_usage: number
  readonly data_usage_upload: number
  readonly data_usage_download: number
  readonly monthly_data_usage: number
  readonly today_data_usage: number
  readonly bytes: { readonly total: Usage; readonly month: Usage; readonly today: Usage }
  /** Bits a second. */
  readonly rates: { readonly upload_bps: number; readonly download_bps: number }
  readonly active_sessions: number
  readonly hotspot_users: number
  readonly pppoe_users: number
  readonly total_routers: number
  readonly online_routers: number
  readonly offline_routers: number
  /** In the tenant's timezone; null in the sum over tenants, like the next two. */
  readonly day: string | null
  readonly month: string | null
  readonly timezone: string | null
  readonly last_updated: string
}

export interface Router {
  readonly id: string
  readonly name: string
  readonly state: 'online' | 'offline' | 'connecting' | 'disabled'
  readonly last_reading_at: string | null
  readonly hotspot: number
  readonly ppp: number
  /** How many of them have no counters and are not counted now. Older daemons do not send it. */
  readonly uncounted?: number
  /** Menus that the router refuses, and why: sessions that need them have no counters. Older daemons do not send it. */
  readonly missing_menus?: readonly { readonly menu: string; readonly reason: string }[]
  readonly error: string | null
  /** Present if the router sends or has more than the daemon accepts from one router, with the reason. */
  readonly overloaded?: true
  readonly overloaded_reason?: string
}

export interface Session {
  readonly id: string
  /** `hotspot`, `ppp`, or what a later release adds. */
  readonly service: string
  readonly username: string
  readonly router: string
  readonly ip_address: string | null
  readonly mac_address: string | null
  readonly start_time: string
  readonly upload: number
  readonly download: number
  readonly upload_bps: number
  readonly download_bps: number
}

interface AlertBase {
  /** Grows with time. */
  readonly id: number
  /** Its id in the config. */
  readonly rule: string
  readonly scope: 'user' | 'router' | 'tenant'
  /** A username, a router's id, or the tenant's. */
  readonly subject: string
  /** The tenant’s month or day, `2026-11` or `2026-11-26`; for an outage its start, for `more` its time (instants). */
  readonly period: string
  readonly fired_at: string
  /** Only an outage ends. */
  readonly ended_at: string | null
}

export type Alert =
  | (AlertBase & {
      readonly kind: 'usage'
      /** Bytes. */
      readonly detail: { readonly used: number; readonly threshold: number; readonly quota: number | null }
    })
  | (AlertBase & {
      readonly kind: 'router_offline'
      readonly detail: { readonly last_reading_at: string | null; readonly error: string | null }
    })
  | (AlertBase & {
      readonly kind: 'session_stalled' | 'session_uncounted'
      readonly detail: {
        readonly router: string
        readonly username: string
        readonly session_id: string
        readonly service: string
      }
    })
  /** One router had more alerts of the rule than are reported one by one. */
  | (AlertBase & { readonly kind: 'more'; readonly detail: { readonly count: number } })

export type ServerMessage =
  | WelcomeMessage
  | SnapshotMessage
  | SessionsMessage
  | SystemMessage
  | AlertMessage
  | ErrorMessage

/** What clients can subscribe to. `system` is for admins. */
export type Topic = 'sessions' | 'alerts' | 'system'

export interface Subscription {
  readonly topic: Topic
  /** For admins, whose token names no tenant. */
  readonly tenant: string | undefined
}

export type ClientMessage =
  | { readonly type: 'auth'; readonly token: string }
  | {
      readonly type: 'subscribe' | 'unsubscribe'
      readonly topics: readonly Topic[]
      readonly tenant: string | undefined
    }
  | { readonly type: 'refresh' }
