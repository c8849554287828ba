import type { Growth } from '../columns/columns.ts'
import { type Grown, growKnown } from '../columns/grow.ts'
import { deviceKey, isSameDevice } from '../device.ts'
import { byIdentity, type LastReading, type Ledger, openSessions, type Terms } from '../ledger.ts'
import { type Reading, rowsOf } from '../reading.ts'
import type { Session } from '../session.ts'
import { isSameInstant } from '../window.ts'
import { hasSameBoot, isContinued, type Open, resume } from './resume.ts'

/**
 * How a reading goes on from the ledger:
 *
 *     continued   the sessions that were open
 *     shifted     the same sessions with their times corrected, because a clock was out
 *     rebooted    none: all have ended
 *     replaced    another router answers: the sessions that were open have ended. A router that was read before goes on
 *                 with the sessions it had then; of a new one, counting begins where its counters are
 */
export interface Rejoined {
  readonly kind: 'continued' | 'shifted' | 'rebooted' | 'replaced'
  /** Whether a router that is back, in place of another one, has rebooted while it was away. */
  readonly isBackRebooted: boolean
  /** The last reading of this router, by this process's steady clock. */
  readonly lastMs: number | undefined
  /** The growth of known rows whose sessions only grew. */
  readonly growth: Growth | undefined
  /** Places of the known rows to look at one by one; absent for all of them. */
  readonly places: readonly number[] | undefined
  /** By session number: 1 where it went on in the columns. */
  readonly isSeen: Uint8Array
  /** The sessions that rows may continue, by identity. A row takes out the one that it continues. */
  readonly waiting: Map<string, readonly Session[]>
}

const NOBODY = new Uint8Array()

/**
 * Counts known rows in the columns where they plainly go on, and looks at all others row by row.
 * @param excepted numbers of rows to look at in any case
 */
export function rejoin(
  ledger: Ledger,
  reading: Reading,
  terms: Terms,
  excepted: ReadonlySet<number>,
): Rejoined {
  const grown = grownKnown(ledger, reading, terms, excepted)
  if (grown)
    return {
      ...{ kind: 'continued', isBackRebooted: false },
      growth: grown.growth,
      places: grown.others,
      isSeen: grown.isSeen,
      lastMs: ledger.last?.at.steadyMs,
      waiting: byIdentity(unseen(ledger, grown), reading.rules),
    }
  const open = byIdentity(openSessions(ledger), reading.rules)
  const all = { growth: undefined, places: undefined, isSeen: NOBODY, isBackRebooted: false }
  if (ledger.last && isReplaced(ledger.last, open, reading))
    return { ...all, kind: 'replaced', ...rejoinAway(ledger, ledger.last, reading) }
  const resumed = resume(ledger.last, open, reading)
  return {
    ...{ ...all, kind: resumed.kind, lastMs: resumed.lastMs },
    waiting: new Map(resumed.kind === 'rebooted' ? [] : resumed.open),
  }
}

/** @returns `undefined` where the numbers tell nothing, or the reading does not plainly go on from the last one */
function grownKnown(
  { columns, last }: Ledger,
  reading: Reading,
  terms: Terms,
  excepted: ReadonlySet<number>,
): Grown | undefined {
  const { numbered, at } = reading
  if (!numbered || columns?.by !== numbered.by || !last || !isContinued(last, reading)) return undefined
  const grounds = {
    plausibleBitsPerSecond: terms.plausibleBitsPerSecond,
    stalledAfterMs: terms.stalledAfterMs,
    atMs: at.steadyMs,
    lastMs: last.at.steadyMs,
    to: at.wall,
    from: new Date(at.wall.getTime() - (at.steadyMs - last.at.steadyMs)),
  }
  return growKnown(columns, numbered, grounds, excepted)
}

function* unseen({ unnumbered, columns }: Ledger, { isSeen }: Grown): Iterable<Session> {
  yield* unnumbered.values()
  if (!columns) return
  for (let number = 0; number < columns.details.length; number++) {
    const session = isSeen[number] === 1 ? undefined : columns.session(number)
    if (session) yield session
  }
}

/**
 * Whether another router answers than before: one with another serial number; or, where one of the two has none, one
 * with another name and none of the open sessions. (If no session is open, a router with the same boot time is the same
 * router under a new name.)
 */
function isReplaced(last: LastReading, open: Open, reading: Reading): boolean {
  if (!last.device) return false
  const isSame = isSameDevice(last.device, reading.device)
  if (isSame !== undefined) return !isSame
  return open.size === 0 ? !hasSameBoot(last, reading) : !hasCommonSession(last, open, reading)
}

function hasCommonSession(last: LastReading, open: Open, reading: Reading): boolean {
  const elapsedMs = Math.abs(reading.at.steadyMs - last.at.steadyMs)
  for (const [row] of rowsOf(reading))
    for (const session of open.get(reading.rules.identityKey(row)) ?? [])
      if (isSameInstant(session.login, row.login, elapsedMs)) return true
  return false
}

/** What an earlier router that is back goes on with. */
function rejoinAway(
  { away }: Ledger,
  last: LastReading,
  reading: Reading,
): Pick<Rejoined, 'lastMs' | 'waiting' | 'isBackRebooted'> {
  const key = deviceKey(reading.device)
  const before = last.away.find(({ device }) => deviceKey(device) === key)
  const open = byIdentity(away.get(key)?.values() ?? [], reading.rules)
  const resumed = before && resume({ ...before, away: [], hasLeft: false }, open, reading)
  if (!resumed) return { lastMs: undefined, waiting: new Map(), isBackRebooted: false }
  const isBackRebooted = resumed.kind === 'rebooted'
  return { lastMs: resumed.lastMs, waiting: new Map(isBackRebooted ? [] : resumed.open), isBackRebooted }
}
