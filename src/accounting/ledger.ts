import { Columns } from './columns/columns.ts'
import type { Bindings } from './counting/bindings.ts'
import { isUncounted } from './counting/mark.ts'
import { type AwayReading, deviceKey } from './device.ts'
import { type Decision, toldOneByOne } from './entry.ts'
import { groupBy } from './group-by.ts'
import type { SessionId } from './ids.ts'
import type { Device, Moment, ServiceRules, Window } from './reading.ts'
import type { Session } from './session.ts'

/** The open sessions of one service on one router, with the counters up to which they have been counted. */
export interface Ledger {
  /** Those whose rows have no number. */
  readonly unnumbered: ReadonlyMap<SessionId, Session>
  /** Those whose rows have one. */
  readonly columns: Columns | undefined
  /** Static bindings' last known counters, by interface name. */
  readonly bindings: Bindings
  /** Sessions of routers that answered at this address before, by the router's key. */
  readonly away: ReadonlyMap<string, ReadonlyMap<SessionId, Session>>
  /** Absent before the first reading ever. */
  readonly last: LastReading | undefined
}

export interface LastReading {
  readonly at: Moment
  readonly boot: Window
  /** Absent where an earlier release made it. */
  readonly device: Device | undefined
  readonly away: readonly AwayReading[]
  /** Whether another process made it: then the wall clock may have been set in between. */
  readonly isFromAnotherProcess: boolean
  /**
   * Whether the router has left the config since, with which all sessions ended. The ledger still has them: they may
   * go on when it is back, and are not open meanwhile.
   */
  readonly hasLeft: boolean
}

/** What the operator set for a router. */
export interface Terms {
  readonly plausibleBitsPerSecond: number
  readonly stalledAfterMs: number
}

export const NEW_LEDGER: Ledger = {
  unnumbered: new Map(),
  columns: undefined,
  bindings: new Map(),
  away: new Map(),
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
  // New columns have nobody yet.
  const told = columns && !isRenumbered ? toldOneByOne(decision) : undefined
  if (columns && told && told.size > 0) columns.removeAll(told)
  for (const entry of entries)
    if (entry.kind === 'stop' && entry.reason !== 'removed') unnumbered.delete(entry.session.id)
    else unnumbered.set(entry.session.id, entry.session)
  if (columns)
    for (const [number, session] of numbered?.sessions ?? []) {
      unnumbered.delete(session.id)
      columns.put(number, session)
    }
  return {
    ...{ unnumbered, columns },
    bindings: bindingsAfter(ledger, decision),
    away: awayAfter(ledger, decision),
    last: lastReadingOf(decision),
  }
}

/** Another router has bindings of its own, whatever their names. */
function bindingsAfter({ bindings }: Ledger, decision: Decision): Ledger['bindings'] {
  if (decision.isReplaced) return decision.bindings
  return decision.bindings.size === 0 ? bindings : new Map([...bindings, ...decision.bindings])
}

function awayAfter({ away }: Ledger, { isReplaced, entries, ...decision }: Decision): Ledger['away'] {
  if (!isReplaced) return away
  const sessions = new Map<string, ReadonlyMap<SessionId, Session>>()
  for (const { device } of decision.away) {
    const key = deviceKey(device)
    const its = new Map(away.get(key))
    for (const entry of entries)
      if (entry.kind === 'stop' && entry.device === key) its.set(entry.session.id, entry.session)
    sessions.set(key, its)
  }
  return sessions
}

/** What a decision leaves for the next one to go by. */
export function lastReadingOf({ at, boot, device, away, entries }: Decision): LastReading {
  const hasLeft = entries.some(entry => entry.kind === 'stop' && entry.reason === 'removed')
  return { at, boot, device, away, isFromAnotherProcess: false, hasLeft }
}

/** The ledger as another process left it: the wall clock may have been set since. */
export function ofEarlierProcess(ledger: Ledger): Ledger {
  return ledger.last ? { ...ledger, last: inheritedReading(ledger.last) } : ledger
}

export function inheritedReading(last: LastReading): LastReading {
  const away = last.away.map(it => ({ ...it, isFromAnotherProcess: true }))
  return { ...last, away, isFromAnotherProcess: true }
}

/** All open sessions as they are now, in no order; those that the last reading missed as well. */
export function openSessions({ unnumbered, columns }: Ledger): readonly Session[] {
  const numbered = columns ? Array.from(columns.entries(), ([, session]) => session) : []
  return [...unnumbered.values(), ...numbered]
}

/** Sessions that the last reading had, and how many of them have no counters. */
export function liveCounts({ unnumbered, columns }: Ledger): {
  readonly live: number
  readonly uncounted: number
} {
  let live = columns?.size ?? 0
  let uncounted = columns?.uncounted ?? 0
  for (const { missed, mark } of unnumbered.values())
    if (!missed) {
      live++
      if (isUncounted(mark)) uncounted++
    }
  return { live, uncounted }
}

/** Sessions by identity. One identity can be open twice, told apart by the login time. */
export function byIdentity(
  sessions: Iterable<Session>,
  rules: ServiceRules,
): Map<string, readonly Session[]> {
  return groupBy(sessions, session => rules.identityKey(session))
}
