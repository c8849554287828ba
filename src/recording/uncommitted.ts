import type { RouterKey } from '../accounting/ids.ts'
import type { SetAside } from './ports.ts'

/** What a commit did not write as it was offered, for reasons of single routers. */
export interface Uncommitted {
  /** Refused routers, with the database's reason. Their data is kept, and offered again. */
  readonly refused: ReadonlyMap<RouterKey, string>
  /** Routers that another daemon has taken, with the epoch at which they were ours. */
  readonly lost: ReadonlyMap<RouterKey, number>
  /** Entries that the database refused and that are recorded as set aside. The rest of the router is committed. */
  readonly setAside: ReadonlyMap<RouterKey, readonly SetAside[]>
  /** Routers with more names than a day's budget, with the days on which that is new. */
  readonly crowded: ReadonlyMap<RouterKey, readonly string[]>
}

/** The same, collected while a commit is under way. */
export class UncommittedSoFar implements Uncommitted {
  readonly refused = new Map<RouterKey, string>()
  readonly lost = new Map<RouterKey, number>()
  readonly setAside = new Map<RouterKey, readonly SetAside[]>()
  readonly crowded = new Map<RouterKey, readonly string[]>()
}
