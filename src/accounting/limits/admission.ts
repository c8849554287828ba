import { onceMade } from '../lazy.ts'
import type { Ledger } from '../ledger.ts'
import type { SessionReading } from '../reading.ts'
import type { Room } from './room.ts'

/** What a session keeps for as long as it goes on. Its address may change, and with a device known also its name. */
export type Caller = Pick<SessionReading, 'username' | 'server' | 'macAddress'>

/** Which rows of the next answer are worth holding: those that the ledger may know, and as many others as have room. */
export interface Admission {
  /** The limit of rows that the ledger does not know and that a reading may open sessions for. */
  readonly mostNew: number
  /** Whether a row may be of a session that the ledger has, of this router or of one that was at its address before. */
  isKnown(row: Caller): boolean
}

/** Admits every row of a router. */
export const ALL_ROWS: Admission = { mostNew: Number.POSITIVE_INFINITY, isKnown: () => true }

/** @param room of the reading that the answer makes */
export function admissionTo(ledger: Ledger, { mostNew, mostSessions }: Room): Admission {
  // Most answers have fewer rows than there is room for, and nobody asks.
  const known = onceMade(() => callersOf(ledger))
  return {
    mostNew: Math.max(0, Math.min(mostNew, mostSessions)),
    isKnown: row => known().has(keyOf(row)),
  }
}

function callersOf({ unnumbered, columns, away }: Ledger): ReadonlySet<string> {
  const callers = new Set<string>()
  for (const session of unnumbered.values()) callers.add(keyOf(session))
  for (const details of columns?.details ?? []) if (details) callers.add(keyOf(details))
  for (const sessions of away.values()) for (const session of sessions.values()) callers.add(keyOf(session))
  return callers
}

function keyOf({ username, server, macAddress }: Caller): string {
  return `${server ?? ''}\0${macAddress ?? `\0${username}`}`
}
