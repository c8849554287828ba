import { Columns } from './columns/columns.ts'
import type { Bindings } from './counting/bindings.ts'
import { isUncounted } from './counting/mark.ts'
import { type AwayReading, deviceKey } from './device.ts'
import { type Decision, listedSessions } from './entry.ts'
import { groupBy } from './group-by.ts'
import type { SessionId } from './ids.ts'
import type { Device, Moment, ServiceRules, Window } from './reading.ts'
import type { Session } from './session.ts'

/** The open sessions of one service on one router, with the counters up to which they have been counted. */
export interface Ledger {
  /** Sessions whose rows have no number. */
  readonly unnumbered: ReadonlyMap<SessionId, Session>
  /** Sessions whose rows have a number. */
  readonly columns: Columns | undefined
  /** The last known counters of static bindings, by interface name. */
  readonly bindings: Bindings
  /** Sessions of routers that are away: they answered at this address before. By the router's key. */
  readonly away: ReadonlyMap<string, ReadonlyMap<SessionId, Session>>
  /** Absent before the first reading ever. */
  readonly last: LastReading | undefined
}

/** What the next reading is compared with, besides the sessions. */

export interface LastReading {
  readonly at: Moment
  readonly boot: Window
  /** Absent if an earlier release made the reading: it did not keep the device. */
  readonly device: Device | undefined
  readonly away: readonly AwayReading[]
  /** Whether another process made it. Then the wall clock may have been set in between. */
  readonly isFromAnotherProcess: boolean
  /**
   * Whether the router was removed from the config since then. All sessions ended with that, so none is open. The ledger
   * still has them, because they may continue when the router is configured again.
   */
  readonly isRemoved: boolean
}

/** The settings of a router that decisions depend on. */
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

/** The ledger after a decision. Do not use the earlier ledger any more, because the two share what did not change. */
export function adopt(ledger: Ledger, decision: Decision): Ledger {
  const { at, entries, growth, numbered } = decision
  growth?.columns.grow(growth, at.steadyMs)
  const isRenumbered = numbered !== undefined && ledger.columns?.by !== numbered.by
  const columns = isRenumbered ? new Columns(numbered.by) : ledger.columns
  const unnumbered = new Map<SessionId, Session>()
  // Of the sessions of a router that was removed, only those that were found again continue.
  if (!ledger.last?.isRemoved)
    for (const session of isRenumbered ? openSessions(ledger) : ledger.unnumbered.values())
      unnumbered.set(session.id, session)
  // New columns are still empty.
  const listed = columns && !isRenumbered ? listedSessions(decision) : undefined
  if (columns && listed && listed.size > 0) columns.removeAll(listed)
  for (const entry of entries)
    if (entry.kind === 'stop' && entry.reason !== 'removed') unnumbered.delete(entry.session.id)
    else unnumbered.set(entry.session.id, entry.session)
  if (columns)
    for (const [number, session] of numbered?.sessions ?? []) {
      unnumbered.delete(session.id)
      columns.put(number, session)
    }
  return {
    unnumbered,
    columns,
    bindings: bindingsAfter(ledger, decision),
    away: awayAfter(ledger, decision),
    last: lastReadingOf(decision),
  }
}

/** Another router has its own bindings, even if their names are the same. */
function bindingsAfter({ bindings }: Ledger, decision: Decision): Ledger['bindings'] {
  if (decision.isReplaced) return decision.bindings
  return decision.bindings.size === 0 ? bindings : new Map([...bindings, ...decision.bindings])
}

function awayAfter({ away }: Ledger, decision: Decision): Ledger['away'] {
  if (!decision.isReplaced) return away
  const sessions = new Map<string, ReadonlyMap<SessionId, Session>>()
  for (const { device } of decision.away) {
    const key = deviceKey(device)
    const ofDevice = new Map(away.get(key))
    for (const entry of decision.entries)
      if (entry.kind === 'stop' && entry.device === key) ofDevice.set(entry.session.id, entry.session)
    sessions.set(key, ofDevice)
  }
  return sessions
}

/** The last reading, as the next decision needs it. */
export function lastReadingOf({ at, boot, device, away, entries }: Decision): LastReading {
  const isRemoved = entries.some(entry => entry.kind === 'stop' && entry.reason === 'removed')
  return { at, boot, device, away, isFromAnotherProcess: false, isRemoved }
}

/** A ledger that another process left: the wall clock may have been set since. */
export function ofEarlierProcess(ledger: Ledger): Ledger {
  return ledger.last ? { ...ledger, last: inheritedReading(ledger.last) } : ledger
}

export function inheritedReading(last: LastReading): LastReading {
  const away = last.away.map(it => ({ ...it, isFromAnotherProcess: true }))
  return { ...last, away, isFromAnotherProcess: true }
}

/** All open sessions as they are now, including missed ones, in no particular order. */
export function openSessions({ unnumbered, columns }: Ledger): readonly Session[] {
  const numbered = columns ? Array.from(columns.entries(), ([, session]) => session) : []
  return [...unnumbered.values(), ...numbered]
}

/** Numbers of sessions: those that the last reading had, and those of them without counters. */
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

/** Sessions by identity. Two open sessions may have one identity; their login times differ. */
export function byIdentity(
  sessions: Iterable<Session>,
  rules: ServiceRules,
): Map<string, readonly Session[]> {
  return groupBy(sessions, session => rules.identityKey(session))
}
