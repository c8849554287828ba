import { Calendar } from '../accounting/calendar.ts'
import { type RouterKey, routerId, routerKey, tenantId } from '../accounting/ids.ts'
import type { DiscardedReadings, RouterRef } from '../recording/ports.ts'
import type { RecordedRouter } from '../recording/router-book.ts'
import type { TenantBoard } from '../recording/tenant-board.ts'
import type { Logger } from '../runtime/logger.ts'
import type { RosterStore } from './ports.ts'
import { discardedOf, type Estate, leftOf } from './recovery.ts'

export interface DepartedOptions {
  readonly store: Pick<RosterStore, 'load' | 'loadElsewhere' | 'loadRemoved' | 'recordDiscarded'>
  readonly estate: Estate
  readonly log: Logger
}

/** Routers of which the journal has something, and which are not listed. */
function departedFrom(
  estate: Pick<Estate, 'routers'>,
  listed: ReadonlyMap<RouterKey, unknown>,
): ReadonlyMap<RouterKey, RouterRef> {
  return new Map(estate.routers.filter(key => !listed.has(key)).map(key => [key, refOf(key)]))
}

/**
 * Routers to be opened once more, so that what was journaled of them is committed and their sessions end: those that the
 * journal has something of, and those of the database with open sessions, if they are not wanted and their tenant is
 * known. The board gets the tenants that have left the config.
 * @throws what the store throws
 */
export async function departedRouters(
  { store, estate, board }: Pick<DepartedOptions, 'store' | 'estate'> & { readonly board: TenantBoard },
  wanted: ReadonlyMap<RouterKey, unknown>,
): Promise<ReadonlyMap<RouterKey, RouterRef>> {
  const removed = await store.loadRemoved()
  for (const { id, timezone } of removed.tenants) {
    board.addTenant(id, new Calendar(timezone))
    board.retireTenant(id)
  }
  const found = [
    ...departedFrom(estate, wanted),
    ...removed.routers.map(ref => [routerKey(ref.tenant, ref.router), ref] as const),
  ]
  return new Map(found.filter(([key, { tenant }]) => !wanted.has(key) && board.spreading(tenant)))
}

/** A router that is only opened to commit what was journaled of it: no reading of it is judged any more. */
export function recordedDeparted(ref: RouterRef): RecordedRouter {
  const terms = { plausibleBitsPerSecond: Number.POSITIVE_INFINITY, stalledAfterMs: Number.POSITIVE_INFINITY }
  const limits = { maxSessions: Number.POSITIVE_INFINITY, newSessionsPerHour: Number.POSITIVE_INFINITY }
  return { ...ref, name: undefined, terms, limits }
}

/**
 * Gives up what earlier processes journaled of routers that are not listed: their tenant has left the config, or
 * another daemon has them. It is recorded as discarded, with its bytes, where the database knows the router.
 * @throws what the store throws; then nothing is forgotten
 */
export async function discardDeparted(
  { store, estate, log }: DepartedOptions,
  listed: ReadonlyMap<RouterKey, unknown>,
  at: Date,
): Promise<void> {
  const departed = departedFrom(estate, listed)
  if (departed.size === 0) return
  const stored = await store.load([...departed.values()])
  const tenants = [...new Set(Array.from(departed.values(), it => it.tenant))]
  const known = await store.loadElsewhere(tenants, new Set(listed.keys()), new Map())
  const discarded: DiscardedReadings[] = []
  for (const [router, ref] of departed) {
    const its = stored.get(router)
    const committed = { epoch: its?.committedEpoch ?? 0, position: its?.position ?? 0 }
    const left = leftOf(await estate.of(router, committed))
    if (left.readings === 0) continue
    const isKnown = known.get(ref.tenant)?.has(ref.router) ?? false
    const entry = discardedOf(ref, left, 'removed', at)
    if (isKnown) discarded.push(entry)
    log.warn(
      { router, ...entry.detail, isKnown },
      'journaled readings of a router that left the config discarded',
    )
  }
  if (discarded.length > 0) await store.recordDiscarded(discarded)
  for (const router of departed.keys()) estate.forget(router)
}

function refOf(key: RouterKey): RouterRef {
  const [tenant = '', router = ''] = key.split('/')
  return { tenant: tenantId(tenant), router: routerId(router) }
}
