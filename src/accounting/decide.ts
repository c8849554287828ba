import { nothingNew, onlyGrown } from './columns/only-grown.ts'
import { NONE_AWAY } from './device.ts'
import type { Decision } from './entry.ts'
import type { SessionId } from './ids.ts'
import type { Ledger, Terms } from './ledger.ts'
import { ANY_ROOM, type Room } from './limits/room.ts'
import { pair } from './matching/pair.ts'
import type { Reading } from './reading.ts'
import { inOneGo, type Steps } from './steps.ts'
import { Turn } from './turn.ts'
import { withinReason } from './window.ts'

/**
 * Decides what a reading means, by the accounting rules (docs/accounting.md rules 1 to 13, and those of false rows).
 * Changes nothing; `adopt` moves the ledger on.
 * @param newId makes the id of a session that begins
 * @param room for sessions that begin; rows beyond it are left out
 */
export function decide(...about: Parameters<typeof decideInSteps>): Decision {
  return inOneGo(decideInSteps(...about))
}

/** As `decide`, in steps of a row or so. */
export function* decideInSteps(
  ledger: Ledger,
  reading: Reading,
  terms: Terms,
  newId: () => SessionId,
  room: Room = ANY_ROOM,
): Steps<Decision> {
  const within = { ...reading, boot: withinReason(reading.boot) }
  if (isRepeated(ledger, reading)) return nothingNew(within, ledger.last?.away ?? NONE_AWAY)
  const paired = yield* pair(ledger, within, terms)
  const plain = onlyGrown(ledger, within, paired)
  return plain ?? (yield* new Turn({ ledger, reading: within, paired, terms, newId, room }).decide())
}

/** Whether it is the last reading once more, which must not decide what that reading left open. */
function isRepeated({ last }: Ledger, { at }: Reading): boolean {
  return last?.at.steadyMs === at.steadyMs && last.at.wall.getTime() === at.wall.getTime()
}
