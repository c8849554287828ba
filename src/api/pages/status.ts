import type { RouterId, TenantId } from '../../accounting/ids.ts'
import type { LimitUse } from '../../accounting/limit-use.ts'
import type { RouterJson, RouterState } from '../../live/snapshot.ts'
import { json } from '../http/reply.ts'
import type { Route } from '../http/routes.ts'

/** How the daemon and its routers are doing, as `tikmeter status` asks for it. The shapes are the JSON itself. */
export interface DaemonStatus {
  readonly version: string
  readonly as_of: string
  readonly started_at: string
  readonly database: 'up' | 'down'
  readonly journal: 'writing' | 'failing'
  readonly routers: readonly RouterStatus[]
}

export interface RouterStatus {
  readonly tenant: TenantId
  readonly router: RouterId
  readonly name: string
  readonly state: RouterState
  /** Whether this daemon reads it; of another daemon's router no more is known than what is in the database. */
  readonly is_here: boolean
  readonly last_reading_at: string | null
  /** How long the last complete poll took. */
  readonly latency_ms: number | null
  /** Sessions in its last readings. */
  readonly hotspot: number
  readonly ppp: number
  /** How many of them have no counters. */
  readonly uncounted: number
  readonly missing_menus: RouterJson['missing_menus']
  /** Polls and connection attempts that failed since the last success. */
  readonly failures: number
  readonly error: string | null
  /** Limits of which it uses more than 80 %; absent where there are none. Those of bytes are in bytes, as they are weighed. */
  readonly near_limits?: readonly LimitUse[]
  /** As in a snapshot: only where it sends, or has, more than it may. */
  readonly overloaded?: true
  readonly overloaded_reason?: string
}

export function statusRoute(status: () => DaemonStatus): Route {
  return { kind: 'open', path: '/status', parameters: [], answer: () => json(200, status()) }
}
