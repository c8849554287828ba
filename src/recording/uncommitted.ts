import type { RouterKey } from '../accounting/ids.ts'
import type { SetAside } from './ports.ts'

/** What did not get through in a commit as it was, for reasons of the routers' own. */
export interface Uncommitted {
  /** With the database's reason; what they have is kept, and offered again. */
  readonly refused: ReadonlyMap<RouterKey, string>
  /** Another daemon has them now; with the epoch at which they were ours. */
  readonly lost: ReadonlyMap<RouterKey, number>
  /** Recorded as what the database will not have, all the rest of the router being committed. */
  readonly setAside: ReadonlyMap<RouterKey, readonly SetAside[]>
  /** They have more names than a day's budget; with the days on which they had not before. */
  readonly crowded: ReadonlyMap<RouterKey, readonly string[]>
}

/** The same while a commit is under way. */
export class UncommittedSoFar implements Uncommitted {
  readonly refused = new Map<RouterKey, string>()
  readonly lost = new Map<RouterKey, number>()
  readonly setAside = new Map<RouterKey, readonly SetAside[]>()
  readonly crowded = new Map<RouterKey, readonly string[]>()
}
