import type { PendingSession } from '../../accounting/waiting/pending-session.ts'
import type { BindingChange, RouterCommit, RouterEvent } from './router-statements.ts'
import type { SessionChange } from './session-statements.ts'

/** What a router's commit has for the tables, row by row. */

/** @param changes of its sessions */
export function sessionsOf(
  { tenant, router, limits, pending }: RouterCommit,
  changes: Iterable<PendingSession>,
): readonly SessionChange[] {
  return Array.from(changes, change => {
    const readAt = pending.readings.get(change.session.service)?.at.wall ?? new Date(change.session.startMs)
    return { tenant, router, limits, readAt, ...change }
  })
}

export function bindingsOf({ tenant, router, pending }: RouterCommit): readonly BindingChange[] {
  return [...pending.bindings.values()].flatMap(({ moved }) =>
    Array.from(moved, ([name, mark]) => ({ tenant, router, name, mark })),
  )
}

/** Whether those that the database knows of it are another router's. */
export function forgetsBindings({ pending }: RouterCommit): boolean {
  return pending.bindings.get('ppp')?.forgetsOthers === true
}

export function eventsOf({ tenant, router, pending }: RouterCommit): readonly RouterEvent[] {
  return pending.events.map(event => ({ tenant, router, event }))
}
