import type { Service, SessionReading } from './reading.ts'
import { identityKey, type Session } from './session.ts'
import { isSameInstant, middleMs } from './window.ts'

/**
 * The session that a row goes on with, which is taken out of those that wait for theirs. Rule 1: the same identity,
 * and of those the nearest login time within the tolerance. A login before the last reading is of no other session,
 * whatever its time: one identity is one session at a time, and that reading had this one. Then a clock stood still,
 * as those of machines do that are put to sleep.
 * @param waiting open sessions by identity, all of which were in the last reading
 * @param isNew whether the row tells of a login since the last reading (rule 8)
 * @param elapsedMs since the last reading
 */
export function takeMatch(
  waiting: Map<string, readonly Session[]>,
  service: Service,
  row: SessionReading,
  isNew: boolean,
  elapsedMs: number,
): Session | undefined {
  const key = identityKey(service, row)
  const candidates = waiting.get(key)
  if (!candidates) return undefined
  let best: Session | undefined
  for (const session of candidates)
    if (
      (!isNew || isSameInstant(session.login, row.login, elapsedMs)) &&
      (!best || distanceMs(session, row) < distanceMs(best, row))
    )
      best = session
  if (!best) return undefined
  const others = candidates.filter(session => session !== best)
  if (others.length > 0) waiting.set(key, others)
  else waiting.delete(key)
  return best
}

function distanceMs(session: Session, row: SessionReading): number {
  return Math.abs(middleMs(session.login) - middleMs(row.login))
}
