import type { RouterId, TenantId } from '../../accounting/ids.ts'
import type { LimitUse } from '../../accounting/limits/limit-use.ts'
import type { RouterJson, RouterState } from '../../live/snapshot.ts'
import { json } from '../http/reply.ts'
import type { Route } from '../http/routes.ts'

/** The state of the daemon and its routers, for `tikmeter status`, in the shape of its JSON. */
export interface DaemonStatus {
  readonly version: string
  readonly as_of: string
  readonly started_at: string
  readonly database: 'up' | 'down'
  readonly journal: 'writing' | 'failing'
  /** All daemons on the database that were seen lately. */
  readonly daemons: readonly MemberStatus[]
  readonly routers: readonly RouterStatus[]
}

/** A daemon, as it last wrote itself. */
export interface MemberStatus {
  readonly id: string
  readonly host: string
  /** `null` for a daemon of 0.1.0. */
  readonly version: string | null
  readonly share: number
  readonly routers: number
  readonly sessions: number
  readonly started_at: string
  readonly seen_at: string
  /** Whether it renewed its leases in time. */
  readonly is_live: boolean
  readonly is_here: boolean
}

export interface RouterStatus {
  readonly tenant: TenantId
  readonly router: RouterId
  readonly name: string
  readonly state: RouterState
  /** Whether this daemon reads it. The rest about another daemon's router is from the database. */
  readonly is_here: boolean
  /** The id of the daemon that reads it; `null` if none does. */
  readonly daemon: string | null
  readonly last_reading_at: string | null
  /** The duration of the last complete poll. */
  readonly latency_ms: number | null
  /** The sessions in its last readings. */
  readonly hotspot: number
  readonly ppp: number
  /** How many of these sessions have no counters. */
  readonly uncounted: number
  readonly missing_menus: RouterJson['missing_menus']
  /** The polls and connection attempts that failed since the last success. */
  readonly failures: number
  readonly error: string | null
  /** The limits that it uses to more than 80 %, those on memory in bytes; absent if there are none. */
  readonly near_limits?: readonly LimitUse[]
  /** As in a snapshot: only if it sends or has more than its limits allow. */
  readonly overloaded?: true
  readonly overloaded_reason?: string
}

export function statusRoute(status: () => DaemonStatus): Route {
  return { kind: 'open', path: '/status', parameters: [], answer: () => json(200, status()) }
}
