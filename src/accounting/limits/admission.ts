import { lazy } from '../lazy.ts'
import type { Ledger } from '../ledger.ts'
import type { SessionReading } from '../reading.ts'
import type { Room } from './room.ts'

/** What a session keeps while it continues. Its address may change, and its name too if the device is known. */
export type Caller = Pick<SessionReading, 'username' | 'server' | 'macAddress'>

/** Which rows of the next answer to keep: those that the ledger may know, and as many others as have room. */
export interface Admission {
  /** The most rows that the ledger does not know, for which the reading may open sessions. */
  readonly mostNew: number
  /** Whether a row may belong to a session in the ledger, of this router or of one that is away. */
  isKnown(row: Caller): boolean
}

/** Admits every row of a router. */
export const ALL_ROWS: Admission = { mostNew: Number.POSITIVE_INFINITY, isKnown: () => true }

/** The admission to a ledger. @param room of the reading that the answer yields */
export function admissionTo(ledger: Ledger, { mostNew, mostSessions }: Room): Admission {
  // Made on demand, because most answers have fewer rows than there is room for.
  const known = lazy(() => callersOf(ledger))
  return {
    mostNew: Math.max(0, Math.min(mostNew, mostSessions)),
    isKnown: row => known().has(callerKey(row)),
  }
}

function callersOf({ unnumbered, columns, away }: Ledger): ReadonlySet<string> {
  const callers = new Set<string>()
  for (const session of unnumbered.values()) callers.add(callerKey(session))
  for (const details of columns?.details ?? []) if (details) callers.add(callerKey(details))
  for (const sessions of away.values())
    for (const session of sessions.values()) callers.add(callerKey(session))
  return callers
}

function callerKey({ username, server, macAddress }: Caller): string {
  return `${server ?? ''}\0${macAddress ?? `\0${username}`}`
}
