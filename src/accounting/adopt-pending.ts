import type { Ledger } from './ledger.ts'
import type { Pending } from './pending.ts'
import type { Service } from './reading.ts'

/** The ledger after all of a service's decisions that a router's pending has merged; before any row has a number. */
export function adoptPending(ledger: Ledger, service: Service, pending: Pending): Ledger {
  const unnumbered = new Map(ledger.unnumbered)
  for (const { session, end } of pending.sessions.values()) {
    if (session.service !== service) continue
    if (end) unnumbered.delete(session.id)
    else unnumbered.set(session.id, session)
  }
  const bindings = service === 'ppp' ? new Map([...ledger.bindings, ...pending.bindings]) : ledger.bindings
  return { unnumbered, columns: undefined, bindings, last: pending.readings.get(service) ?? ledger.last }
}
