import { NO_BINDINGS } from './counting/bindings.ts'
import { type Decision, NO_MOVES } from './entry.ts'
import type { Ledger } from './ledger.ts'
import type { Reading } from './reading.ts'

/** Whether it is the last reading once more, which must not decide what that reading left open. */
export function isTaken({ last }: Ledger, { at }: Reading): boolean {
  return last?.at.steadyMs === at.steadyMs && last.at.wall.getTime() === at.wall.getTime()
}

/** Nothing but that it was read. */
export function nothingNew({ service, at, boot, device }: Reading, away: Decision['away']): Decision {
  return {
    service,
    at,
    boot,
    device,
    isReplaced: false,
    away,
    moves: NO_MOVES,
    entries: [],
    events: [],
    bindings: NO_BINDINGS,
  }
}
