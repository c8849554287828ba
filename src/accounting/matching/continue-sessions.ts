import type { Growth } from '../columns/columns.ts'
import { growKnown, type KnownRowsResult } from '../columns/grow.ts'
import { deviceKey, isSameDevice } from '../device.ts'
import { byIdentity, type LastReading, type Ledger, openSessions, type Terms } from '../ledger.ts'
import { type Reading, rowsOf } from '../reading.ts'
import type { Session } from '../session.ts'
import { isSameInstant } from '../window.ts'
import { hasSameBoot, isContinued, type OpenSessions, resume } from './resume.ts'

/**
 * How a reading continues the ledger:
 *
 *     continued   the sessions that were open
 *     shifted     the same sessions with their times corrected, because a clock was off
 *     rebooted    no session: all have ended
 *     replaced    another router answers, and the sessions that were open have ended. A router that is back continues the
 *                 sessions that it had; for a new one, counting begins at the counters that are found
 */
export interface Continuation {
  readonly kind: 'continued' | 'shifted' | 'rebooted' | 'replaced'
  /** Whether a router that is back, in place of another one, has rebooted while it was away. */
  readonly isBackRebooted: boolean
  /** The last reading of this router, by this process's steady clock. */
  readonly lastMs: number | undefined
  /** The growth of known rows whose sessions only grew. */
  readonly growth: Growth | undefined
  /** Indices of the known rows to look at one by one; `undefined`: all of them. */
  readonly indices: readonly number[] | undefined
  /** By session number, 1: the session continues in the columns. */
  readonly isSeen: Uint8Array
  /** The sessions that rows may continue, by identity. A row takes out the one that it continues. */
  readonly waiting: Map<string, readonly Session[]>
}

const NOBODY = new Uint8Array()

/**
 * Counts known rows in the columns if their sessions plainly continue, and leaves all others to be looked at one by one.
 * @param excepted numbers of rows to look at in any case
 */
export function continueSessions(
  ledger: Ledger,
  reading: Reading,
  terms: Terms,
  excepted: ReadonlySet<number>,
): Continuation {
  const grown = grownKnown(ledger, reading, terms, excepted)
  if (grown)
    return {
      kind: 'continued',
      isBackRebooted: false,
      growth: grown.growth,
      indices: grown.others,
      isSeen: grown.isSeen,
      lastMs: ledger.last?.at.steadyMs,
      waiting: byIdentity(unseen(ledger, grown), reading.rules),
    }
  const open = byIdentity(openSessions(ledger), reading.rules)
  const all = { growth: undefined, indices: undefined, isSeen: NOBODY, isBackRebooted: false }
  if (ledger.last && isReplaced(ledger.last, open, reading))
    return { ...all, kind: 'replaced', ...continueAway(ledger, ledger.last, reading) }
  const resumed = resume(ledger.last, open, reading)
  return {
    ...{ ...all, kind: resumed.kind, lastMs: resumed.lastMs },
    waiting: new Map(resumed.kind === 'rebooted' ? [] : resumed.open),
  }
}

/** @returns `undefined` if rows have no known numbers, or the reading does not plainly continue the last one */
function grownKnown(
  { columns, last }: Ledger,
  reading: Reading,
  terms: Terms,
  excepted: ReadonlySet<number>,
): KnownRowsResult | undefined {
  const { numbered, at } = reading
  if (!numbered || columns?.by !== numbered.by || !last || !isContinued(last, reading)) return undefined
  const context = {
    plausibleBitsPerSecond: terms.plausibleBitsPerSecond,
    stalledAfterMs: terms.stalledAfterMs,
    atMs: at.steadyMs,
    lastMs: last.at.steadyMs,
    to: at.wall,
    from: new Date(at.wall.getTime() - (at.steadyMs - last.at.steadyMs)),
  }
  return growKnown(columns, numbered, context, excepted)
}

function* unseen({ unnumbered, columns }: Ledger, { isSeen }: KnownRowsResult): Iterable<Session> {
  yield* unnumbered.values()
  if (!columns) return
  for (let number = 0; number < columns.details.length; number++) {
    const session = isSeen[number] === 1 ? undefined : columns.session(number)
    if (session) yield session
  }
}

/**
 * Whether another router answers than before: one with another serial number; or, if one of the two has none, one with
 * another name and none of the open sessions. (If no session is open, a router with the same boot time is the same
 * router under a new name.)
 */
function isReplaced(last: LastReading, open: OpenSessions, reading: Reading): boolean {
  if (!last.device) return false
  const isSame = isSameDevice(last.device, reading.device)
  if (isSame !== undefined) return !isSame
  return open.size === 0 ? !hasSameBoot(last, reading) : !hasCommonSession(last, open, reading)
}

function hasCommonSession(last: LastReading, open: OpenSessions, reading: Reading): boolean {
  const elapsedMs = Math.abs(reading.at.steadyMs - last.at.steadyMs)
  for (const [row] of rowsOf(reading))
    for (const session of open.get(reading.rules.identityKey(row)) ?? [])
      if (isSameInstant(session.login, row.login, elapsedMs)) return true
  return false
}

/** The sessions that a router that was away continues. */
function continueAway(
  { away }: Ledger,
  last: LastReading,
  reading: Reading,
): Pick<Continuation, 'lastMs' | 'waiting' | 'isBackRebooted'> {
  const key = deviceKey(reading.device)
  const before = last.away.find(({ device }) => deviceKey(device) === key)
  const open = byIdentity(away.get(key)?.values() ?? [], reading.rules)
  const resumed = before && resume({ ...before, away: [], isRemoved: false }, open, reading)
  if (!resumed) return { lastMs: undefined, waiting: new Map(), isBackRebooted: false }
  const isBackRebooted = resumed.kind === 'rebooted'
  return { lastMs: resumed.lastMs, waiting: new Map(isBackRebooted ? [] : resumed.open), isBackRebooted }
}
