import type { Ledger } from './ledger.ts'
import type { Pending } from './pending.ts'
import type { Service } from './reading.ts'

/** The ledger after all of a service's decisions that a router's pending has merged; before any row has a number. */
export function adoptPending(ledger: Ledger, service: Service, pending: Pending): Ledger {
  const reading = pending.readings.get(service)
  const last = reading ?? ledger.last
  // Of those of a router that is back, only what was found there goes on.
  const unnumbered = new Map(reading && ledger.last?.hasLeft ? [] : ledger.unnumbered)
  for (const { session, end } of pending.sessions.values()) {
    if (session.service !== service) continue
    if (end && !(end.reason === 'removed' && last?.hasLeft)) unnumbered.delete(session.id)
    else unnumbered.set(session.id, session)
  }
  const bindings = service === 'ppp' ? new Map([...ledger.bindings, ...pending.bindings]) : ledger.bindings
  return { unnumbered, columns: undefined, bindings, last }
}
