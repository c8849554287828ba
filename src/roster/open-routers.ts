import { type RouterKey, routerKey } from '../accounting/ids.ts'
import type { Position } from '../journal/position.ts'
import type { Unapplied } from '../journal/unapplied.ts'
import { Rollup } from '../live/rollup.ts'
import { type RecordedRouter, RouterBook } from '../recording/router-book.ts'
import type { TenantBoard } from '../recording/tenant-board.ts'
import type { RosterStore } from './ports.ts'
import type { Estate } from './recovery.ts'

export interface OpeningOptions {
  readonly store: Pick<RosterStore, 'load' | 'loadRollups'>
  readonly estate: Pick<Estate, 'of'>
  readonly board: Pick<TenantBoard, 'spreading'>
}

export interface OpenedRouter {
  readonly key: RouterKey
  readonly book: RouterBook
  /** Where the database has it. */
  readonly committed: Position
  /** What another daemon has overtaken. */
  readonly unapplied: Unapplied
}

/** Books of routers as the database and the journal have them. Changes nothing. */
export async function openBooks(
  { store, estate, board }: OpeningOptions,
  routers: readonly RecordedRouter[],
  epochs: ReadonlyMap<RouterKey, number>,
): Promise<readonly OpenedRouter[]> {
  const stored = await store.load(routers)
  const rollups = await store.loadRollups(
    [...new Set(routers.map(it => it.tenant))],
    routers.map(it => it.router),
  )
  const opened: OpenedRouter[] = []
  for (const about of routers) {
    const key = routerKey(about.tenant, about.router)
    const its = stored.get(key)
    const spreading = board.spreading(about.tenant)
    const epoch = epochs.get(key)
    if (!its || !spreading || epoch === undefined) continue
    const { total, days, lastDecision } = rollups.get(about.tenant)?.get(about.router) ?? {}
    const book = new RouterBook(about, its, new Rollup(total, days, lastDecision), epoch)
    const committed = { epoch: its.committedEpoch, position: its.position }
    const { records, unapplied } = await estate.of(key, committed)
    book.inherit(records, spreading)
    opened.push({ key, book, committed, unapplied })
  }
  return opened
}
