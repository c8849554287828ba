import { NO_BINDINGS } from '../counting/bindings.ts'
import { type Decision, NO_MOVES } from '../entry.ts'
import type { Ledger } from '../ledger.ts'
import type { Pairing } from '../matching/pair.ts'
import type { Reading } from '../reading.ts'
import type { Session } from '../session.ts'

type Writable<T> = { -readonly [Key in keyof T]: T[Key] }

const NO_SESSIONS: ReadonlyMap<number, Session> = new Map()

/**
 * The decision of nearly every reading: all sessions continued in the columns, and nothing else happened. It saves what
 * the general rules set up before the first row, which is most of the cost of a small router.
 * @returns `undefined` if there is more to decide
 */
export function onlyGrown({ last }: Ledger, reading: Reading, pairing: Pairing): Decision | undefined {
  const { numbered, bindings } = reading
  const { kind, growth, rows, unread, waiting } = pairing
  if (!numbered || !last || last.isRemoved || kind !== 'continued') return undefined
  if (rows.length + unread.length + bindings.length + waiting.size > 0) return undefined
  const decision: Writable<Decision> = nothingNew(reading, last.away)
  decision.numbered = { by: numbered.by, sessions: NO_SESSIONS }
  if (growth) decision.growth = growth
  return decision
}

/** A decision that records only the time of the reading. */
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
