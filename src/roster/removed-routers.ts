import { Calendar } from '../accounting/calendar.ts'
import { type RouterKey, routerKey } from '../accounting/ids.ts'
import type { DiscardedReadings, RouterRef } from '../recording/ports.ts'
import type { RecordedRouter } from '../recording/router-book.ts'
import type { TenantBoard } from '../recording/tenant-board.ts'
import type { Logger } from '../runtime/logger.ts'
import { refOf } from './configured-router.ts'
import { committedPosition } from './open-routers.ts'
import type { RosterStore } from './ports.ts'
import { allUnapplied, discardedOf, type Recovery } from './recovery.ts'

export interface RemovedOptions {
  readonly store: Pick<RosterStore, 'load' | 'loadOtherRouters' | 'loadRemoved' | 'recordDiscarded'>
  readonly recovery: Recovery
  readonly log: Logger
}

/** Routers that something is left of in the journal, and that are not among `wanted`. */
function unwantedIn(
  recovery: Pick<Recovery, 'routers'>,
  wanted: ReadonlyMap<RouterKey, unknown>,
): ReadonlyMap<RouterKey, RouterRef> {
  return new Map(recovery.routers.filter(key => !wanted.has(key)).map(key => [key, refOf(key)]))
}

/**
 * Finds removed routers that must be opened once more, so that what was journaled of them is committed and their
 * sessions end: routers that something is left of in the journal, and routers with open sessions in the database, if
 * they are not wanted and their tenant is known. Adds the removed tenants to the board.
 * @throws the store's errors
 */
export async function removedRouters(
  { store, recovery, board }: Pick<RemovedOptions, 'store' | 'recovery'> & { readonly board: TenantBoard },
  wanted: ReadonlyMap<RouterKey, unknown>,
): Promise<ReadonlyMap<RouterKey, RouterRef>> {
  const removed = await store.loadRemoved()
  for (const { id, timezone } of removed.tenants) {
    board.addTenant(id, new Calendar(timezone))
    board.removeTenant(id)
  }
  const found = [
    ...unwantedIn(recovery, wanted),
    ...removed.routers.map(ref => [routerKey(ref.tenant, ref.router), ref] as const),
  ]
  return new Map(found.filter(([key, { tenant }]) => !wanted.has(key) && board.spreading(tenant)))
}

/** A router that is only opened to commit what was journaled of it. It gets no reading, so its limits are infinite. */
export function recordedRemoved(ref: RouterRef): RecordedRouter {
  const terms = { plausibleBitsPerSecond: Number.POSITIVE_INFINITY, stalledAfterMs: Number.POSITIVE_INFINITY }
  const limits = { maxSessions: Number.POSITIVE_INFINITY, newSessionsPerHour: Number.POSITIVE_INFINITY }
  return { ...ref, name: undefined, terms, limits }
}

/**
 * Gives up what earlier processes journaled of routers that are not wanted, and that could not be opened: their tenant
 * was removed, or another daemon has them. It is recorded as discarded, with its bytes, if the database knows the
 * router.
 * @throws the store's errors; then nothing is forgotten
 */
export async function discardRemoved(
  { store, recovery, log }: RemovedOptions,
  wanted: ReadonlyMap<RouterKey, unknown>,
  at: Date,
): Promise<void> {
  const unwanted = unwantedIn(recovery, wanted)
  if (unwanted.size === 0) return
  const stored = await store.load([...unwanted.values()])
  const tenants = [...new Set(Array.from(unwanted.values(), it => it.tenant))]
  const known = await store.loadOtherRouters(tenants, new Set(wanted.keys()), new Map())
  const discarded: DiscardedReadings[] = []
  for (const [router, ref] of unwanted) {
    const unapplied = allUnapplied(await recovery.of(router, committedPosition(stored.get(router))))
    if (unapplied.readings === 0) continue
    const isKnown = known.get(ref.tenant)?.has(ref.router) ?? false
    const entry = discardedOf(ref, unapplied, 'removed', at)
    if (isKnown) discarded.push(entry)
    log.warn({ router, ...entry.detail, isKnown }, 'journaled readings of a removed router discarded')
  }
  if (discarded.length > 0) await store.recordDiscarded(discarded)
  for (const router of unwanted.keys()) recovery.markDone(router)
}
