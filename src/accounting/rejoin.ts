import type { Growth } from './columns.ts'
import { type Grown, growKnown } from './grow.ts'
import { byIdentity, type Ledger, openSessions } from './ledger.ts'
import type { Reading } from './reading.ts'
import { isContinued, resume } from './resume.ts'
import type { Session } from './session.ts'
import type { Terms } from './terms.ts'

/** What of a ledger a reading goes on with. */
export interface Rejoined {
  /** `shifted`: a clock was out, and the sessions' times have been moved along. `rebooted`: all have ended. */
  readonly kind: 'continued' | 'shifted' | 'rebooted'
  /** When the last reading was, by this process's steady clock. */
  readonly lastMs: number | undefined
  /** Of the known rows whose sessions did nothing but grow. */
  readonly growth: Growth | undefined
  /** Places of the known rows that are to be looked at; all of them where it is absent. */
  readonly places: readonly number[] | undefined
  /** The sessions that rows may go on with, by identity; each is to be taken out by the row that does. */
  readonly waiting: Map<string, readonly Session[]>
}

/** Known rows in columns, where they plainly go on; else everything row by row. */
export function rejoin(ledger: Ledger, reading: Reading, terms: Terms): Rejoined {
  const grown = grownKnown(ledger, reading, terms)
  if (grown)
    return {
      kind: 'continued',
      growth: grown.growth,
      places: grown.others,
      lastMs: ledger.last?.at.steadyMs,
      waiting: byIdentity(unseen(ledger, grown)),
    }
  const resumed = resume(ledger.last, byIdentity(openSessions(ledger)), reading)
  return {
    ...{ kind: resumed.kind, lastMs: resumed.lastMs, growth: undefined, places: undefined },
    waiting: new Map(resumed.kind === 'rebooted' ? [] : resumed.open),
  }
}

/** @returns `undefined` where the numbers tell nothing, or the reading does not plainly go on from the last one */
function grownKnown({ columns, last }: Ledger, reading: Reading, terms: Terms): Grown | undefined {
  const { numbered, at } = reading
  if (!numbered || columns?.by !== numbered.by || !last || !isContinued(last, reading)) return undefined
  return growKnown(columns, numbered, {
    plausibleBitsPerSecond: terms.plausibleBitsPerSecond,
    stalledAfterMs: terms.stalledAfterMs,
    atMs: at.steadyMs,
    lastMs: last.at.steadyMs,
    to: at.wall,
    from: new Date(at.wall.getTime() - (at.steadyMs - last.at.steadyMs)),
  })
}

function* unseen({ unnumbered, columns }: Ledger, { isSeen }: Grown): Iterable<Session> {
  yield* unnumbered.values()
  if (!columns) return
  for (let number = 0; number < columns.standing.length; number++) {
    const session = isSeen[number] === 1 ? undefined : columns.session(number)
    if (session) yield session
  }
}
