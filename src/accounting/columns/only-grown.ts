import { NO_BINDINGS } from '../counting/bindings.ts'
import { type Decision, NO_MOVES } from '../entry.ts'
import type { Ledger } from '../ledger.ts'
import type { Paired } from '../matching/pair.ts'
import type { Reading } from '../reading.ts'
import type { Session } from '../session.ts'

const NOBODY: ReadonlyMap<number, Session> = new Map()

/**
 * The decision of nearly every reading: each session went on in the columns, and nothing else happened. Most of what
 * small routers cost is what the general rules set up before they look at a row.
 * @returns `undefined` where there is more to decide
 */
export function onlyGrown({ last }: Ledger, reading: Reading, paired: Paired): Decision | undefined {
  const { numbered, bindings } = reading
  const { kind, growth, rows, unread, waiting } = paired
  if (!numbered || !last || last.hasLeft || kind !== 'continued') return undefined
  if (rows.length + unread.length + bindings.length + waiting.size > 0) return undefined
  const decision = { ...nothingNew(reading, last.away), numbered: { by: numbered.by, sessions: NOBODY } }
  return growth ? { ...decision, growth } : decision
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
