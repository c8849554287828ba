import type { Calendar } from '../accounting/calendar.ts'
import type { RouterId } from '../accounting/ids.ts'
import type { TenantView } from '../live/tenant-view.ts'
import type { LiveOtherRouter, OtherRouter } from './other-router.ts'
import type { RouterBook } from './router-book.ts'

/** What is known of a tenant, besides the routers that are read here. */
export interface TenantBook {
  readonly calendar: Calendar
  readonly otherRouters: Map<RouterId, OtherRouter>
  /** The routers of other daemons, by the daemon, as far as these tell. */
  readonly parts: Map<string, ReadonlyMap<RouterId, LiveOtherRouter>>
  /** The moment of the parts, if they were made at the same one; then our own is among them. */
  partsAt: Date | undefined
  readonly services: TenantView['services']
  isRemoved: boolean
}

/** What a router has too much of. @returns `undefined` if no rows are left out */
export function overloadOf({ crowding, about }: RouterBook): string | undefined {
  if (crowding.leftOut === 0) return undefined
  const { maxSessions, newSessionsPerHour } = about.limits
  return `${crowding.leftOut} sessions are left out: raise max_sessions (${maxSessions}) or new_sessions_per_hour (${newSessionsPerHour})`
}
