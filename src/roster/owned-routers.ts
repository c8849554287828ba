import type { LimitFunction } from 'p-limit'
import type { RouterKey } from '../accounting/ids.ts'
import type { ConfiguredRouter } from '../config/difference.ts'
import type { Poller } from '../poller/poller.ts'
import type { RouterLink } from '../poller/router-link.ts'
import type { Recorder } from '../recording/recorder.ts'
import type { RecordedRouter } from '../recording/router-book.ts'
import type { RouterBooks } from '../recording/router-books.ts'
import type { TenantBoard } from '../recording/tenant-board.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Logger } from '../runtime/logger.ts'
import { configuredKey, recordedRouter } from './configured-router.ts'
import { confirmOffered, type Discards } from './discarded-readings.ts'
import { type OpenedBook, openBooks } from './open-routers.ts'
import type { OtherRouters } from './other-routers.ts'
import type { Owner } from './owner.ts'
import type { RosterStore } from './ports.ts'
import { discardedOf, type Recovery } from './recovery.ts'

export interface OwnedRoutersOptions {
  readonly store: RosterStore
  readonly recovery: Recovery
  readonly recorder: Recorder
  /** The recorder's. */
  readonly books: RouterBooks
  readonly board: TenantBoard
  readonly poller: Poller
  readonly discards: Discards
  readonly otherRouters: OtherRouters
  /** Makes a function that connects to a router. What its services know of it is kept from one connection to the next. */
  readonly linkTo: (configured: ConfiguredRouter) => (signal: AbortSignal) => Promise<RouterLink>
  /** A router of the config that is applied. */
  readonly configuredOf: (router: RouterKey) => ConfiguredRouter | undefined
  /** A removed router that is opened once more. */
  readonly removedOf: (router: RouterKey) => RecordedRouter | undefined
  /** When the daemon began to record. */
  readonly startedAt: () => Date
  /** No router may be gained or lost while a config that adds or removes it is being applied. */
  readonly oneAtATime: LimitFunction
  readonly clock: Clock
  readonly log: Logger
}

/** The time for the last commit of a router that moves. */
const MOVED_WITHIN_MS = 10_000

/**
 * Records and polls the routers that this daemon has a lease for. A gained router gets its book from the database and
 * the journal. What waits of a lost one is recorded as discarded.
 */
export class OwnedRouters implements Owner {
  readonly #options: OwnedRoutersOptions
  /** Routers that are to be moved, since when. */
  readonly #leaving = new Map<RouterKey, number>()

  constructor(options: OwnedRoutersOptions) {
    this.#options = options
  }

  gain(epochs: ReadonlyMap<RouterKey, number>): Promise<void> {
    return this.#options.oneAtATime(() => this.#gain(epochs))
  }

  lose(routers: readonly RouterKey[]): Promise<void> {
    return this.#options.oneAtATime(() => this.#lose(routers))
  }

  moveAway(routers: readonly RouterKey[]): Promise<void> {
    const { oneAtATime, poller, recorder, clock } = this.#options
    return oneAtATime(async () => {
      await Promise.all(routers.map(key => poller.finish(key)))
      for (const key of routers) {
        recorder.moveRouter(key)
        this.#leaving.set(key, clock.steadyMs())
      }
    })
  }

  /** While the database is away, a router must not go unread only because it was about to move. */
  keepUncommitted(): Promise<void> {
    const { oneAtATime, books, recorder, configuredOf, clock } = this.#options
    return oneAtATime(async () => {
      for (const [key, sinceMs] of this.#leaving) {
        const isHere = books.get(key)?.leaving === 'moved'
        if (isHere && clock.steadyMs() - sinceMs < MOVED_WITHIN_MS) continue
        this.#leaving.delete(key)
        const configured = configuredOf(key)
        if (isHere && configured && recorder.takeBack(key)) this.poll(configured)
      }
    })
  }

  isBusy(router: RouterKey): boolean {
    return this.#options.books.has(router)
  }

  sessionsOf(router: RouterKey): number {
    return this.#options.books.get(router)?.crowding.sessions ?? 0
  }

  /** Reads a router on its schedule from now on. */
  poll(configured: ConfiguredRouter): void {
    const { poller, linkTo } = this.#options
    const { services, schedule, enabled: isEnabled } = configured.router
    const key = configuredKey(configured)
    poller.add({ key, services, schedule, isEnabled, connect: linkTo(configured) })
  }

  async #gain(epochs: ReadonlyMap<RouterKey, number>): Promise<void> {
    const { store, recovery, recorder, discards, otherRouters, configuredOf, log } = this.#options
    // Discarded readings are recorded before their router is opened again, because that settles its journal records.
    await discards.record()
    // Routers that were removed meanwhile are not opened, and so are given back.
    const routers = [...epochs.keys()].flatMap(key => this.#recordedOf(key) ?? [])
    const opened = await openBooks(this.#options, routers, epochs)
    const at = this.#options.startedAt()
    const unapplied = opened.filter(it => it.unapplied.readings > 0)
    if (unapplied.length > 0)
      await store.recordDiscarded(
        unapplied.map(it => {
          const reason = it.isAhead ? 'restored' : 'overtaken'
          return discardedOf(it.book.about, it.unapplied, reason, at)
        }),
      )
    tellOfBackup(opened, log)
    otherRouters.forget(epochs.keys())
    for (const { key, book, committed } of opened) {
      if (book.hasPending) recovery.markRecovered(key, committed)
      else recovery.markDone(key)
      recorder.addRouter(book)
      const configured = configuredOf(key)
      if (configured) this.poll(configured)
      else recorder.removeRouter(key)
    }
  }

  #recordedOf(key: RouterKey): RecordedRouter | undefined {
    const { configuredOf, removedOf } = this.#options
    const configured = configuredOf(key)
    return configured ? recordedRouter(configured) : removedOf(key)
  }

  async #lose(routers: readonly RouterKey[]): Promise<void> {
    const { recorder, board, poller, discards, otherRouters, clock, log } = this.#options
    await Promise.all(routers.map(key => poller.remove(key, 0)))
    const lost = await Promise.all(routers.map(key => recorder.loseRouter(key)))
    const books = lost.filter(book => book !== undefined)
    for (const book of books) board.keepRollup(book)
    await confirmOffered(this.#options.store, books)
    for (const book of books) {
      const { key, waiting } = book
      const discarded = discardedOf(book.about, waiting, 'lost', clock.now())
      log.warn({ router: key, ...discarded.detail }, 'router taken over by another daemon')
      if (waiting.readings > 0) discards.add(discarded)
      else this.#options.recovery.markDone(key)
    }
    await discards.tryRecord()
    await otherRouters.tryRefresh()
  }
}

/** Logs that the database is older than the journal. */
function tellOfBackup(opened: readonly OpenedBook[], log: Logger): void {
  const older = opened.filter(it => it.isAhead)
  const [first] = older
  if (!first) return
  const readings = older.reduce((sum, it) => sum + it.unapplied.readings, 0)
  log.error(
    { routers: older.length, router: first.key, readings },
    'the database is older than the journal, as after restoring a backup: what it lacks of sessions that still go on is counted at the next reading, and what it lacks of sessions that have ended is lost',
  )
}
