import type { Bytes } from './bytes.ts'
import { Columns } from './columns.ts'
import { type Decision, toldOneByOne } from './entry.ts'
import type { SessionId } from './ids.ts'
import type { Moment, Window } from './reading.ts'
import { identityKey, type Session } from './session.ts'

/** The open sessions of one service on one router, with the counters up to which they have been counted. */
export interface Ledger {
  /** Those whose rows have no number. */
  readonly unnumbered: ReadonlyMap<SessionId, Session>
  /** Those whose rows have one. */
  readonly columns: Columns | undefined
  /** Static bindings' last known counters, by interface name. */
  readonly bindings: ReadonlyMap<string, Bytes>
  /** Absent before the first reading ever. */
  readonly last: LastReading | undefined
}

export interface LastReading {
  readonly at: Moment
  readonly boot: Window
  /** Whether another process made it: then the wall clock may have been set in between. */
  readonly isFromAnotherProcess: boolean
  /**
   * Whether the router has left the config since, with which all sessions ended. The ledger still has them: they may
   * go on when it is back, and are not open meanwhile.
   */
  readonly hasLeft: boolean
}

export const NEW_LEDGER: Ledger = {
  unnumbered: new Map(),
  columns: undefined,
  bindings: new Map(),
  last: undefined,
}

/** The ledger after a decision. The one before it is done with: the two may have their columns in common. */
export function adopt(ledger: Ledger, decision: Decision): Ledger {
  const { at, entries, growth, numbered } = decision
  growth?.columns.grow(growth, at.steadyMs)
  const isRenumbered = numbered !== undefined && ledger.columns?.by !== numbered.by
  const columns = isRenumbered ? new Columns(numbered.by) : ledger.columns
  const unnumbered = new Map<SessionId, Session>()
  // Of those of a router that is back, only what was found there goes on.
  if (!ledger.last?.hasLeft)
    for (const session of isRenumbered ? openSessions(ledger) : ledger.unnumbered.values())
      unnumbered.set(session.id, session)
  const told = toldOneByOne(decision)
  if (columns && told.size > 0) columns.removeAll(told)
  for (const entry of entries)
    if (entry.kind === 'stop' && entry.reason !== 'removed') unnumbered.delete(entry.session.id)
    else unnumbered.set(entry.session.id, entry.session)
  if (columns)
    for (const [number, session] of numbered?.sessions ?? []) {
      unnumbered.delete(session.id)
      columns.put(number, session)
    }
  const bindings =
    decision.bindings.size === 0 ? ledger.bindings : new Map([...ledger.bindings, ...decision.bindings])
  return { unnumbered, columns, bindings, last: lastReadingOf(decision) }
}

/** What a decision leaves for the next one to go by. */
export function lastReadingOf({ at, boot, entries }: Decision): LastReading {
  const hasLeft = entries.some(entry => entry.kind === 'stop' && entry.reason === 'removed')
  return { at, boot, isFromAnotherProcess: false, hasLeft }
}

/** The ledger as another process left it: the wall clock may have been set since. */
export function inherited(ledger: Ledger): Ledger {
  return ledger.last ? { ...ledger, last: { ...ledger.last, isFromAnotherProcess: true } } : ledger
}

/** All open sessions as they are now, in no order. */
export function openSessions({ unnumbered, columns }: Ledger): readonly Session[] {
  const numbered = columns ? Array.from(columns.entries(), ([, session]) => session) : []
  return [...unnumbered.values(), ...numbered]
}

export function openCount({ unnumbered, columns }: Ledger): number {
  return unnumbered.size + (columns?.size ?? 0)
}

/** Sessions by identity. One identity can be open twice, told apart by the login time. */
export function byIdentity(sessions: Iterable<Session>): Map<string, readonly Session[]> {
  const found = new Map<string, readonly Session[]>()
  for (const session of sessions) {
    const key = identityKey(session.service, session)
    const others = found.get(key)
    found.set(key, others ? [...others, session] : [session])
  }
  return found
}
