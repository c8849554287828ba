import type { BindingChange, RouterCommit, RouterEvent } from './router-statements.ts'
import type { SessionChange } from './session-statements.ts'

/** What a router's commit has for the tables, row by row. */

export function sessionsOf({ tenant, router, pending }: RouterCommit): readonly SessionChange[] {
  return Array.from(pending.sessions.values(), change => {
    const readAt = pending.readings.get(change.session.service)?.at.wall ?? change.session.startTime
    return { tenant, router, readAt, ...change }
  })
}

export function bindingsOf({ tenant, router, pending }: RouterCommit): readonly BindingChange[] {
  return Array.from(pending.bindings, ([name, counters]) => ({ tenant, router, name, counters }))
}

export function eventsOf({ tenant, router, pending }: RouterCommit): readonly RouterEvent[] {
  return pending.events.map(event => ({ tenant, router, event }))
}
