import { NO_BINDINGS } from './bindings.ts'
import { type Decision, NO_MOVES } from './entry.ts'
import { type Ledger, openSessions } from './ledger.ts'
import type { Service } from './reading.ts'

/**
 * The end of all open sessions of a router that left the config: whatever becomes of them there, nobody reads it any
 * more. They end at the last reading, which is as long as anybody knows of them. One that is still there when the
 * router is back is no longer ended, and nothing of it is lost.
 * @returns `undefined` where none is open
 */
export function removal(ledger: Ledger, service: Service): Decision | undefined {
  const open = openSessions(ledger)
  if (!ledger.last || ledger.last.hasLeft || open.length === 0) return undefined
  const { at, boot, device, away } = ledger.last
  const end = {
    kind: 'stop',
    lastSeenAt: at.wall,
    endTime: at.wall,
    reason: 'removed',
    device: undefined,
  } as const
  const entries = open.map(session => ({ ...end, session }))
  return {
    ...{ service, at, boot, device, away, entries, events: [] },
    ...{ isReplaced: false, moves: NO_MOVES, bindings: NO_BINDINGS },
  }
}
