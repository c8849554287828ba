import type { Ledger } from './ledger.ts'
import type { Pending } from './pending.ts'
import type { Service } from './reading.ts'
import { identityKey } from './session.ts'

/** The ledger after all of a service's decisions that a router's pending has merged. */
export function adoptPending(ledger: Ledger, service: Service, pending: Pending): Ledger {
  const open = new Map(ledger.open)
  for (const { session, end } of pending.sessions.values()) {
    if (session.service !== service) continue
    const key = identityKey(service, session)
    const others = (open.get(key) ?? []).filter(it => it.id !== session.id)
    const sessions = end ? others : [...others, session]
    if (sessions.length > 0) open.set(key, sessions)
    else open.delete(key)
  }
  const bindings = service === 'ppp' ? new Map([...ledger.bindings, ...pending.bindings]) : ledger.bindings
  return { open, bindings, last: pending.readings.get(service) ?? ledger.last }
}
