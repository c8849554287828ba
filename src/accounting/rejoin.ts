import type { Growth } from './columns.ts'
import { deviceKey, isSameDevice } from './device.ts'
import { type Grown, growKnown } from './grow.ts'
import { byIdentity, type LastReading, type Ledger, openSessions } from './ledger.ts'
import { type Reading, rowsOf } from './reading.ts'
import { hasSameBoot, isContinued, type Open, resume } from './resume.ts'
import { identityKey, type Session } from './session.ts'
import type { Terms } from './terms.ts'
import { isSameInstant } from './window.ts'

/**
 * What of a ledger a reading goes on with:
 *
 *     continued   the sessions that were open
 *     shifted     the same, a clock having been out: their times have been moved along
 *     rebooted    none: all have ended
 *     replaced    another router answers: those that were open have ended. Where it was read before, those that it had
 *                 then; where not, what it shows is where counting begins
 */
export interface Rejoined {
  readonly kind: 'continued' | 'shifted' | 'rebooted' | 'replaced'
  /** When the last reading was, by this process's steady clock; of the router that is back, where one is. */
  readonly lastMs: number | undefined
  /** Of the known rows whose sessions did nothing but grow. */
  readonly growth: Growth | undefined
  /** Places of the known rows that are to be looked at; all of them where it is absent. */
  readonly places: readonly number[] | undefined
  /** By session number, 1: it went on in the columns. */
  readonly isSeen: Uint8Array
  /** The sessions that rows may go on with, by identity; each is to be taken out by the row that does. */
  readonly waiting: Map<string, readonly Session[]>
}

const NOBODY = new Uint8Array()

/**
 * Known rows in columns, where they plainly go on; else everything row by row.
 * @param excepted numbers of rows that are to be looked at all the same
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
      kind: 'continued',
      growth: grown.growth,
      places: grown.others,
      isSeen: grown.isSeen,
      lastMs: ledger.last?.at.steadyMs,
      waiting: byIdentity(unseen(ledger, grown)),
    }
  const open = byIdentity(openSessions(ledger))
  const all = { growth: undefined, places: undefined, isSeen: NOBODY }
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
  for (let number = 0; number < columns.standing.length; number++) {
    const session = isSeen[number] === 1 ? undefined : columns.session(number)
    if (session) yield session
  }
}

/**
 * Whether another router answers than before: one with another serial number, or, where one of them has none, of
 * another name that has no session of those that were open. (Without any, one that booted when the other did is the
 * same one with a new name.)
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
    for (const session of open.get(identityKey(reading.service, row)) ?? [])
      if (isSameInstant(session.login, row.login, elapsedMs)) return true
  return false
}

/** What an earlier router goes on with that is back. */
function rejoinAway(
  { away }: Ledger,
  last: LastReading,
  reading: Reading,
): Pick<Rejoined, 'lastMs' | 'waiting'> {
  const key = deviceKey(reading.device)
  const before = last.away.find(({ device }) => deviceKey(device) === key)
  const resumed =
    before &&
    resume({ ...before, away: [], hasLeft: false }, byIdentity(away.get(key)?.values() ?? []), reading)
  if (!resumed) return { lastMs: undefined, waiting: new Map() }
  return { lastMs: resumed.lastMs, waiting: new Map(resumed.kind === 'rebooted' ? [] : resumed.open) }
}
