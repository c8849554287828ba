import { nothingNew, onlyGrown } from './columns/only-grown.ts'
import { NONE_AWAY } from './device.ts'
import type { Decision } from './entry.ts'
import type { SessionId } from './ids.ts'
import type { Ledger, Terms } from './ledger.ts'
import { ANY_ROOM, type Room } from './limits/room.ts'
import { pair } from './matching/pair.ts'
import type { Reading } from './reading.ts'
import { inOneGo, type Steps } from './steps.ts'
import { Turn } from './turn/turn.ts'
import { withinReason } from './window.ts'

/*
 * The main file of `accounting/`. A ledger and a reading go in; a decision comes out: entries, events and growth. It is
 * pure: the folder imports nothing but itself, reads no clock and does no I/O.
 *
 *     matching/    which open session a row belongs to
 *     counting/    how many bytes a counter's value adds
 *     turn/        what one reading does to the sessions of a ledger, by way of these two
 *     columns/     the same in arrays, for rows that only grew; read this after the others
 *     limits/      how many sessions, bindings and names a router may add
 *     waiting/     what the database has not got yet of the decisions
 */

/**
 * Decides what a reading means, by the accounting rules (docs/accounting.md rules 1 to 13, and those of false rows).
 * Changes nothing; `adopt` makes the next ledger.
 * @param newId makes the id of a new session
 * @param room for new sessions; rows beyond it are left out
 */
export function decide(...about: Parameters<typeof decideInSteps>): Decision {
  return inOneGo(decideInSteps(...about))
}

/** Does the same as `decide`, in steps of about one row. */
export function* decideInSteps(
  ledger: Ledger,
  reading: Reading,
  terms: Terms,
  newId: () => SessionId,
  room: Room = ANY_ROOM,
): Steps<Decision> {
  const within = { ...reading, boot: withinReason(reading.boot) }
  if (isRepeated(ledger, reading)) return nothingNew(within, ledger.last?.away ?? NONE_AWAY)
  const pairing = yield* pair(ledger, within, terms)
  const plain = onlyGrown(ledger, within, pairing)
  return plain ?? (yield* new Turn({ ledger, reading: within, pairing, terms, newId, room }).decide())
}

/** Whether this is the last reading once more. It must not decide what that reading left undecided. */
function isRepeated({ last }: Ledger, { at }: Reading): boolean {
  return last?.at.steadyMs === at.steadyMs && last.at.wall.getTime() === at.wall.getTime()
}
