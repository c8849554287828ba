import type { RouterKey } from './accounting/ids.ts'
import { Rollup } from './accounting/rollup.ts'
import type { TenantRouter } from './config/difference.ts'
import type { Estate } from './inheritance.ts'
import type { Unapplied } from './journal/unapplied.ts'
import { keyOf, recorded, refOf } from './listed.ts'
import type { RosterStore } from './roster-store.ts'
import { RouterBook } from './router-book.ts'
import type { TenantBoard } from './tenant-board.ts'

export interface OpeningOptions {
  readonly store: Pick<RosterStore, 'load' | 'loadRollups'>
  readonly estate: Pick<Estate, 'of'>
  readonly board: Pick<TenantBoard, 'spreading'>
}

export interface OpenedRouter {
  readonly key: RouterKey
  readonly listed: TenantRouter
  readonly book: RouterBook
  /** What another daemon has overtaken. */
  readonly unapplied: Unapplied
}

/** Books of routers as the database and the journal have them. Changes nothing. */
export async function openBooks(
  { store, estate, board }: OpeningOptions,
  listed: readonly TenantRouter[],
  epochs: ReadonlyMap<RouterKey, number>,
): Promise<readonly OpenedRouter[]> {
  const stored = await store.load(listed.map(refOf))
  const rollups = await store.loadRollups([...new Set(listed.map(it => it.tenant.id))])
  return listed.flatMap(it => {
    const key = keyOf(it)
    const its = stored.get(key)
    const spreading = board.spreading(it.tenant.id)
    const epoch = epochs.get(key)
    if (!its || !spreading || epoch === undefined) return []
    const rollup = rollups.get(it.tenant.id)?.get(it.router.id)
    const book = new RouterBook(recorded(it), its, new Rollup(rollup?.total, rollup?.days), epoch)
    const { records, unapplied } = estate.of(key, { epoch: its.committedEpoch, position: its.position })
    book.inherit(records, spreading)
    return [{ key, listed: it, book, unapplied }]
  })
}
