import { deviceKey } from '../device.ts'
import type { SessionId } from '../ids.ts'
import type { LastReading, Ledger } from '../ledger.ts'
import type { Service } from '../reading.ts'
import type { Session } from '../session.ts'
import type { Pending } from './pending.ts'
import type { PendingSession } from './pending-session.ts'

/** The ledger after all decisions of a service in a router's pending. No row has a number yet. */
export function adoptPending(ledger: Ledger, service: Service, pending: Pending): Ledger {
  const reading = pending.readings.get(service)
  const last = reading ?? ledger.last
  // Of the sessions of a router that was removed, only those that were found again continue.
  const unnumbered = new Map(reading && ledger.last?.isRemoved ? [] : ledger.unnumbered)
  const changes = [...pending.sessions.values()].filter(({ session }) => session.service === service)
  for (const { session, end } of changes) {
    if (end && !(end.reason === 'removed' && last?.isRemoved)) unnumbered.delete(session.id)
    else unnumbered.set(session.id, session)
  }
  const waiting = pending.bindings.get(service)
  const bindings = waiting
    ? new Map([...(waiting.forgetsOthers ? [] : ledger.bindings), ...waiting.moved])
    : ledger.bindings
  return { unnumbered, columns: undefined, bindings, away: awayAfter(ledger, changes, last), last }
}

/** Sessions of a router that was away before do not change, unless it was back in between. */
function awayAfter(
  ledger: Ledger,
  changes: readonly PendingSession[],
  last: LastReading | undefined,
): Ledger['away'] {
  if (!last || last.away === ledger.last?.away) return ledger.away
  const away = new Map<string, ReadonlyMap<SessionId, Session>>()
  for (const { device, at } of last.away) {
    const key = deviceKey(device)
    const before = ledger.last?.away.find(it => deviceKey(it.device) === key)
    const sessions = new Map(before?.at.steadyMs === at.steadyMs ? ledger.away.get(key) : [])
    for (const { session, end } of changes)
      if (end?.device === key && end.endTime.getTime() === at.wall.getTime())
        sessions.set(session.id, session)
    away.set(key, sessions)
  }
  return away
}
