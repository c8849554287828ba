import pLimit from 'p-limit'
import { Calendar } from '../accounting/calendar.ts'
import type { RouterKey } from '../accounting/ids.ts'
import type { Config } from '../config/config.ts'
import {
  type ConfiguredRouter,
  type ConfiguredRouters,
  difference,
  type KeyedConfig,
  restartNeeded,
  routersIn,
} from '../config/difference.ts'
import type { Poller } from '../poller/poller.ts'
import type { RouterLink } from '../poller/router-link.ts'
import type { RouterRef } from '../recording/ports.ts'
import type { Recorder } from '../recording/recorder.ts'
import type { RecordedRouter } from '../recording/router-book.ts'
import type { TenantBoard } from '../recording/tenant-board.ts'
import { Block, inBlocks, stepInBlocks } from '../runtime/block.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Component } from '../runtime/component.ts'
import { isFailure } from '../runtime/failure.ts'
import type { Logger } from '../runtime/logger.ts'
import { Loop } from '../runtime/loop.ts'
import { configuredKey, configuredRef, recordedRouter, syncedTenant } from './configured-router.ts'
import { Credits } from './credits.ts'
import { confirmOffered, Discards } from './discarded-readings.ts'
import type { Owner } from './leases.ts'
import { openBooks } from './open-routers.ts'
import { OtherRouters } from './other-routers.ts'
import type { RosterStore, SyncedTenant } from './ports.ts'
import { discardedOf, type Recovery } from './recovery.ts'
import { discardRemoved, recordedRemoved, removedRouters } from './removed-routers.ts'

export interface RosterOptions {
  readonly store: RosterStore
  readonly recovery: Recovery
  readonly recorder: Recorder
  readonly board: TenantBoard
  readonly poller: Poller
  /** Asks for the leases of these routers, and of no others. */
  readonly want: (routers: ReadonlyMap<RouterKey, RouterRef>) => Promise<void>
  /** Makes a function that connects to a router. What its services know of it is kept from one connection to the next. */
  readonly linkTo: (configured: ConfiguredRouter) => (signal: AbortSignal) => Promise<RouterLink>
  /** When it aborts, what is not done yet is left to the next start. */
  readonly stopping: AbortSignal
  /** How often to look in the tables for what operators and other daemons did, in milliseconds. */
  readonly lookMs: number
  readonly clock: Clock
  readonly log: Logger
  /** Called with an error that is a bug. */
  readonly onBug: (error: unknown) => void
}

const NOTHING: KeyedConfig = { tenants: [], routers: new Map() }

/**
 * Records and polls the routers of the config that this daemon has a lease for. A gained router gets its book from the
 * database and the journal. What waits of a lost one is recorded as discarded.
 */
export class Roster implements Owner, Component {
  readonly #options: RosterOptions
  readonly #discards: Discards
  readonly #otherRouters: OtherRouters
  readonly #credits: Credits
  /** No router may be gained or lost while a config that adds or removes it is being applied. */
  readonly #oneAtATime = pLimit(1)
  #applied = NOTHING
  /** The first config. */
  #started: Config | undefined
  /** Routers that are opened once more, only to end their sessions. */
  #removed: ReadonlyMap<RouterKey, RouterRef> = new Map()
  #startedAt: Date | undefined
  readonly #looking: Loop

  constructor(options: RosterOptions) {
    this.#options = options
    this.#discards = new Discards(options)
    this.#otherRouters = new OtherRouters({ ...options, here: options.recorder })
    this.#credits = new Credits(options)
    this.#looking = new Loop(signal => this.#look(signal), options.onBug)
  }

  /** Starts to look for what operators credit, and for what other daemons did with our routers. */
  start(): void {
    this.#looking.start()
  }

  /** Waits for the look under way. Routers are still read and committed. */
  stop(): Promise<void> {
    return this.#looking.stop()
  }

  /**
   * Applies a config. A failure leaves everything as it was; only leases that cannot be taken now are taken later,
   * except for the first config.
   * @returns the keys of the file that need a restart, changed now or before
   */
  async apply(config: Config): Promise<readonly string[]> {
    const isFirst = this.#applied === NOTHING
    this.#started ??= config
    const block = new Block(this.#options.clock)
    const configured = await this.#oneAtATime(() => this.#change(config, block))
    const wanted = new Map<RouterKey, RouterRef>()
    await inBlocks(configured, block, ([key, it]) => wanted.set(key, configuredRef(it)))
    try {
      if (isFirst) await this.#finishRemoved(wanted)
      await this.#options.want(wanted)
    } catch (error) {
      // The next turn asks for leases again.
      if (isFirst || !isFailure(error)) throw error
    }
    return restartNeeded(this.#started, config)
  }

  gain(epochs: ReadonlyMap<RouterKey, number>): Promise<void> {
    return this.#oneAtATime(() => this.#gain(epochs))
  }

  lose(routers: readonly RouterKey[]): Promise<void> {
    return this.#oneAtATime(() => this.#lose(routers))
  }

  isBusy(router: RouterKey): boolean {
    return this.#options.recorder.hasRouter(router)
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { clock, lookMs } = this.#options
    while (!signal.aborted) {
      await clock.sleep(lookMs, signal)
      if (signal.aborted) continue
      await this.#oneAtATime(async () => {
        await this.#discards.tryRecord()
        await this.#credits.tryTake()
        if (this.#otherRouters.isBehind) await this.#otherRouters.tryRefresh()
      })
    }
  }

  async #change(config: Config, block: Block): Promise<ConfiguredRouters> {
    const { recorder, board, store, clock } = this.#options
    const routers = await stepInBlocks(routersIn(config), block)
    const changed = { tenants: config.tenants, routers }
    const change = await stepInBlocks(difference(this.#applied, changed), block)
    const tenants = config.tenants.map(tenant => tenant.id)
    const synced: SyncedTenant[] = []
    await inBlocks(config.tenants, block, tenant => synced.push(syncedTenant(tenant)))
    // Taken back first: while we wait for the database, a last commit would forget them, with their ledgers.
    const returning = change.routersAdded.filter(it => recorder.takeBack(configuredKey(it)))
    try {
      await store.syncConfig(synced)
      this.#startedAt ??= clock.now()
      await this.#credits.begin()
      const others = await this.#otherRouters.load(tenants)
      const repolled = change.routersChanged.filter(it => it.isPolledAnew)
      await this.#stopPolling([...change.routersRemoved, ...repolled], block)
      for (const tenant of change.tenantsRemoved) board.removeTenant(tenant.id)
      for (const { id, timezone } of [...change.tenantsAdded, ...change.tenantsChanged])
        board.addTenant(id, new Calendar(timezone))
      await this.#otherRouters.show(others, tenants, routers)
      await inBlocks(change.routersRemoved, block, it => recorder.removeRouter(configuredKey(it)))
      await inBlocks([...returning, ...change.routersChanged], block, it =>
        recorder.updateRouter(recordedRouter(it)),
      )
      await inBlocks([...returning, ...repolled], block, it => {
        if (recorder.hasRouter(configuredKey(it))) this.#poll(it)
      })
    } catch (error) {
      for (const it of returning) recorder.removeRouter(configuredKey(it))
      throw error
    }
    this.#applied = changed
    return routers
  }

  /** Commits what was journaled of routers that were removed while no daemon ran, and ends their sessions. */
  async #finishRemoved(wanted: ReadonlyMap<RouterKey, RouterRef>): Promise<void> {
    const { want, stopping, clock } = this.#options
    this.#removed = await removedRouters(this.#options, wanted)
    if (this.#removed.size > 0) await want(new Map([...wanted, ...this.#removed]))
    // Routers that were not taken because of a stop are not another daemon's.
    if (stopping.aborted) return
    await discardRemoved(this.#options, wanted, this.#startedAt ?? clock.now())
  }

  async #gain(epochs: ReadonlyMap<RouterKey, number>): Promise<void> {
    const { store, recovery, recorder, clock } = this.#options
    // Discarded readings are recorded before their router is opened again, because that settles its journal records.
    await this.#discards.record()
    // Routers that were removed meanwhile are not opened, and so are given back.
    const routers = [...epochs.keys()].flatMap(key => this.#recordedOf(key) ?? [])
    const opened = await openBooks(this.#options, routers, epochs)
    const at = this.#startedAt ?? clock.now()
    const overtaken = opened.filter(({ unapplied }) => unapplied.readings > 0)
    if (overtaken.length > 0)
      await store.recordDiscarded(
        overtaken.map(({ book, unapplied }) => discardedOf(book.about, unapplied, 'overtaken', at)),
      )
    this.#otherRouters.forget(epochs.keys())
    for (const { key, book, committed } of opened) {
      if (book.hasPending) recovery.markRecovered(key, committed)
      else recovery.markDone(key)
      recorder.addRouter(book)
      const configured = this.#applied.routers.get(key)
      if (configured) this.#poll(configured)
      else recorder.removeRouter(key)
    }
  }

  #recordedOf(key: RouterKey): RecordedRouter | undefined {
    const configured = this.#applied.routers.get(key)
    if (configured) return recordedRouter(configured)
    const removed = this.#removed.get(key)
    return removed && recordedRemoved(removed)
  }

  async #lose(routers: readonly RouterKey[]): Promise<void> {
    const { recorder, board, poller, clock, log } = this.#options
    await Promise.all(routers.map(key => poller.remove(key, 0)))
    const lost = await Promise.all(routers.map(key => recorder.loseRouter(key)))
    const books = lost.filter(book => book !== undefined)
    for (const book of books) board.keepRollup(book)
    await confirmOffered(this.#options.store, books)
    for (const book of books) {
      const { key, waiting } = book
      const discarded = discardedOf(book.about, waiting, 'lost', clock.now())
      log.warn({ router: key, ...discarded.detail }, 'router taken over by another daemon')
      if (waiting.readings > 0) this.#discards.add(discarded)
      else this.#options.recovery.markDone(key)
    }
    await this.#discards.tryRecord()
    await this.#otherRouters.tryRefresh()
  }

  async #stopPolling(routers: readonly ConfiguredRouter[], block: Block): Promise<void> {
    const { poller } = this.#options
    const stopping: Promise<void>[] = []
    await inBlocks(routers, block, it => stopping.push(poller.remove(configuredKey(it))))
    await Promise.all(stopping)
  }

  #poll(configured: ConfiguredRouter): void {
    const { poller, linkTo } = this.#options
    const { services, schedule, enabled: isEnabled } = configured.router
    const key = configuredKey(configured)
    poller.add({ key, services, schedule, isEnabled, connect: linkTo(configured) })
  }
}
