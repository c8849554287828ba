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
  readonly board: TenantBoard
  /** Asks for the leases of these routers, and of no others. */
  readonly want: (routers: ReadonlyMap<RouterKey, RouterRef>) => Promise<void>
  /** When it aborts, what is not done yet is left to the next start. */
  readonly stopping: AbortSignal
  readonly log: Logger
}

type Routers = ReadonlyMap<RouterKey, RouterRef>

/** Routers that no config lists any more, and that are opened once more to commit and end what is left of them. */
export class RemovedRouters {
  readonly #options: RemovedOptions
  #found: Routers = new Map()

  constructor(options: RemovedOptions) {
    this.#options = options
  }

  /** A router that is opened once more. It gets no reading, so its limits are infinite. */
  recordedOf(key: RouterKey): RecordedRouter | undefined {
    const ref = this.#found.get(key)
    if (!ref) return undefined
    const terms = {
      plausibleBitsPerSecond: Number.POSITIVE_INFINITY,
      stalledAfterMs: Number.POSITIVE_INFINITY,
    }
    const limits = { maxSessions: Number.POSITIVE_INFINITY, newSessionsPerHour: Number.POSITIVE_INFINITY }
    return { ...ref, name: undefined, terms, limits }
  }

  /**
   * Finds removed routers that must be opened once more, so that what was journaled of them is committed and their
   * sessions end: routers that something is left of in the journal, and routers with open sessions in the database, if
   * they are not wanted and their tenant is known. Adds the removed tenants to the board.
   * @throws the store's errors
   */
  async find(wanted: Routers): Promise<Routers> {
    const { store, recovery, board } = this.#options
    const removed = await store.loadRemoved()
    for (const { id, timezone } of removed.tenants) {
      board.addTenant(id, new Calendar(timezone))
      board.removeTenant(id)
    }
    const found = [
      ...unwantedIn(recovery, wanted),
      ...removed.routers.map(ref => [routerKey(ref.tenant, ref.router), ref] as const),
    ]
    this.#found = new Map(found.filter(([key, { tenant }]) => !wanted.has(key) && board.spreading(tenant)))
    return this.#found
  }

  /**
   * Commits what was journaled of routers that were removed while no daemon ran, and ends their sessions.
   * @param at see `discardedOf`
   * @throws the store's errors
   */
  async finish(wanted: Routers, at: Date): Promise<void> {
    const { want, stopping } = this.#options
    const found = await this.find(wanted)
    if (found.size > 0) await want(new Map([...wanted, ...found]))
    // Routers that were not taken because of a stop are not another daemon's.
    if (!stopping.aborted) await this.#discard(wanted, at)
  }

  /**
   * Gives up what earlier processes journaled of routers that are not wanted, and that could not be opened: their tenant
   * was removed, or another daemon has them. It is recorded as discarded, with its bytes, if the database knows the
   * router. If the store fails, nothing is forgotten.
   */
  async #discard(wanted: Routers, at: Date): Promise<void> {
    const { store, recovery, log } = this.#options
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
}

/** Routers that something is left of in the journal, and that are not among `wanted`. */
function unwantedIn(recovery: Pick<Recovery, 'routers'>, wanted: Routers): Routers {
  return new Map(recovery.routers.filter(key => !wanted.has(key)).map(key => [key, refOf(key)]))
}
