import type { PendingSession } from '../../accounting/waiting/pending-session.ts'
import type { RouterCommit } from '../../recording/ports.ts'
import type { BindingChange, ForgottenBindings, RouterEvent, ServiceReading } from './router-statements.ts'
import type { SessionChange } from './session-statements.ts'

/* The rows of a router's commit, by table. */

/** @param changes the changes of its sessions that are to be written row by row */
export function sessionsOf(
  { tenant, router, limits, pending }: RouterCommit,
  changes: Iterable<PendingSession>,
): readonly SessionChange[] {
  return Array.from(changes, change => {
    const readAt = pending.readings.get(change.session.service)?.at.wall ?? new Date(change.session.startMs)
    return { tenant, router, limits, readAt, ...change }
  })
}

export function readingsOf({ tenant, router, pending }: RouterCommit): readonly ServiceReading[] {
  return Array.from(pending.readings, ([service, last]) => ({ tenant, router, service, last }))
}

export function bindingsOf({ tenant, router, pending }: RouterCommit): readonly BindingChange[] {
  return [...pending.bindings].flatMap(([service, { moved }]) =>
    Array.from(moved, ([name, mark]) => ({ tenant, router, service, name, mark })),
  )
}

/** The services whose bindings in the database belong to another router. */
export function forgottenBindingsOf({ tenant, router, pending }: RouterCommit): readonly ForgottenBindings[] {
  return [...pending.bindings]
    .filter(([, { forgetsOthers }]) => forgetsOthers)
    .map(([service]) => ({ tenant, router, service }))
}

export function eventsOf({ tenant, router, pending }: RouterCommit): readonly RouterEvent[] {
  return pending.events.map(event => ({ tenant, router, event }))
}
