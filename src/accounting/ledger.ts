import type { Bytes } from './bytes.ts'
import type { Decision } from './entry.ts'
import type { Moment, Window } from './reading.ts'
import { identityKey, type Session } from './session.ts'

/** The open sessions of one service on one router, with the counters up to which they have been counted. */
export interface Ledger {
  /** By identity. One identity can be open twice, told apart by the login time. */
  readonly open: ReadonlyMap<string, readonly Session[]>
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
}

export const NEW_LEDGER: Ledger = { open: new Map(), bindings: new Map(), last: undefined }

/** The ledger after a decision. */
export function adopt(ledger: Ledger, decision: Decision): Ledger {
  const open = new Map(ledger.open)
  for (const entry of decision.entries) {
    const key = identityKey(decision.service, entry.session)
    const others = (open.get(key) ?? []).filter(session => session.id !== entry.session.id)
    const sessions = entry.kind === 'stop' ? others : [...others, entry.session]
    if (sessions.length > 0) open.set(key, sessions)
    else open.delete(key)
  }
  const bindings =
    decision.bindings.size === 0 ? ledger.bindings : new Map([...ledger.bindings, ...decision.bindings])
  return { open, bindings, last: { at: decision.at, boot: decision.boot, isFromAnotherProcess: false } }
}

/** The ledger as another process left it: the wall clock may have been set since. */
export function inherited(ledger: Ledger): Ledger {
  return ledger.last ? { ...ledger, last: { ...ledger.last, isFromAnotherProcess: true } } : ledger
}

/** All open sessions, in no order. */
export function* openSessions(ledger: Ledger): Iterable<Session> {
  for (const sessions of ledger.open.values()) yield* sessions
}
