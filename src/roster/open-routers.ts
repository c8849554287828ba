import { type RouterKey, routerKey } from '../accounting/ids.ts'
import type { Position } from '../journal/position.ts'
import type { Unapplied } from '../journal/unapplied.ts'
import { Rollup } from '../live/rollup.ts'
import type { StoredRouter } from '../recording/ports.ts'
import { type RecordedRouter, RouterBook } from '../recording/router-book.ts'
import type { TenantBoard } from '../recording/tenant-board.ts'
import type { RosterStore } from './ports.ts'
import type { Recovery } from './recovery.ts'

export interface OpeningOptions {
  readonly store: Pick<RosterStore, 'load' | 'loadRollups'>
  readonly recovery: Pick<Recovery, 'of'>
  readonly board: Pick<TenantBoard, 'spreading'>
}

export interface OpenedBook {
  readonly key: RouterKey
  readonly book: RouterBook
  /** The router's position in the database. */
  readonly committed: Position
  /** What another daemon has overtaken, or what the database lacks the beginning of. */
  readonly unapplied: Unapplied
  /** Whether the database is an older copy of the one that the journal was written beside. */
  readonly isAhead: boolean
}

/** Opens the books of routers from the database and the journal. Changes nothing. @throws the store's errors */
export async function openBooks(
  { store, recovery, board }: OpeningOptions,
  routers: readonly RecordedRouter[],
  epochs: ReadonlyMap<RouterKey, number>,
): Promise<readonly OpenedBook[]> {
  const stored = await store.load(routers)
  const rollups = await store.loadRollups(
    [...new Set(routers.map(it => it.tenant))],
    routers.map(it => it.router),
  )
  const opened: OpenedBook[] = []
  for (const about of routers) {
    const key = routerKey(about.tenant, about.router)
    const router = stored.get(key)
    const spreading = board.spreading(about.tenant)
    const epoch = epochs.get(key)
    if (!router || !spreading || epoch === undefined) continue
    const { total, days, lastDecision } = rollups.get(about.tenant)?.get(about.router) ?? {}
    const book = new RouterBook(about, router, new Rollup(total, days, lastDecision), epoch)
    const committed = committedPosition(router)
    const { records, unapplied, isAhead } = await recovery.of(key, committed)
    book.recover(records, spreading)
    opened.push({ key, book, committed, unapplied, isAhead })
  }
  return opened
}

/** A router's position in the database; the first one if the database does not know the router. */
export function committedPosition(stored: StoredRouter | undefined): Position {
  return { epoch: stored?.committedEpoch ?? 0, position: stored?.position ?? 0 }
}
