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
import type { RouterBooks } from '../recording/router-books.ts'
import type { TenantBoard } from '../recording/tenant-board.ts'
import { Block, inBlocks, stepInBlocks } from '../runtime/block.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Component } from '../runtime/component.ts'
import { isFailure } from '../runtime/failure.ts'
import type { Logger } from '../runtime/logger.ts'
import { Loop } from '../runtime/loop.ts'
import { configuredKey, configuredRef, recordedRouter, syncedTenant } from './configured-router.ts'
import { Credits } from './credits.ts'
import { Discards } from './discarded-readings.ts'
import { OtherRouters } from './other-routers.ts'
import { OwnedRouters } from './owned-routers.ts'
import type { Owner } from './owner.ts'
import type { RosterStore, SyncedTenant } from './ports.ts'
import type { Recovery } from './recovery.ts'
import { RemovedRouters } from './removed-routers.ts'

export interface RosterOptions {
  readonly store: RosterStore
  readonly recovery: Recovery
  readonly recorder: Recorder
  /** The recorder's. */
  readonly books: RouterBooks
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

/** How often to look for routers that no daemon lists any more. */
const SWEEP_EVERY_MS = 600_000

const NOTHING: KeyedConfig = { tenants: [], routers: new Map() }

/** Applies configs: the tables know its tenants and routers, and those that this daemon has a lease for are read. */
export class Roster implements Component {
  readonly #options: RosterOptions
  readonly #discards: Discards
  readonly #otherRouters: OtherRouters
  readonly #credits: Credits
  readonly #owned: OwnedRouters
  /** No router may be gained or lost while a config that adds or removes it is being applied. */
  readonly #oneAtATime = pLimit(1)
  #applied = NOTHING
  /** The routers of that config. */
  #wanted: ReadonlyMap<RouterKey, RouterRef> = new Map()
  /** The first config. */
  #started: Config | undefined
  readonly #removed: RemovedRouters
  #startedAt: Date | undefined
  readonly #looking: Loop
  #sweptMs: number

  constructor(options: RosterOptions) {
    this.#options = options
    this.#discards = new Discards(options)
    this.#otherRouters = new OtherRouters({ ...options, here: options.books })
    this.#credits = new Credits(options)
    this.#removed = new RemovedRouters(options)
    this.#owned = new OwnedRouters({
      ...options,
      ...{ discards: this.#discards, otherRouters: this.#otherRouters, oneAtATime: this.#oneAtATime },
      configuredOf: key => this.#applied.routers.get(key),
      removedOf: key => this.#removed.recordedOf(key),
      startedAt: () => this.#at,
    })
    this.#sweptMs = options.clock.steadyMs()
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
    this.#wanted = wanted
    try {
      if (isFirst) await this.#removed.finish(wanted, this.#at)
      await this.#options.want(wanted)
    } catch (error) {
      // The next turn asks for leases again.
      if (isFirst || !isFailure(error)) throw error
    }
    return restartNeeded(this.#started, config)
  }

  /** What leases do with the routers of the config. */
  get owner(): Owner {
    return this.#owned
  }

  get #at(): Date {
    return this.#startedAt ?? this.#options.clock.now()
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
      if (clock.steadyMs() - this.#sweptMs >= SWEEP_EVERY_MS) await this.#sweep()
    }
  }

  async #change(config: Config, block: Block): Promise<ConfiguredRouters> {
    const { recorder, books, board, store, clock } = this.#options
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
      // Routers that another daemon still lists are moved, so that their sessions go on.
      const removed: RouterRef[] = []
      await inBlocks(change.routersRemoved, block, it => removed.push(configuredRef(it)))
      const listed = await store.loadListed(removed)
      await inBlocks(change.routersRemoved, block, it => {
        const key = configuredKey(it)
        if (listed.has(key)) recorder.moveRouter(key)
        else recorder.removeRouter(key)
      })
      await inBlocks([...returning, ...change.routersChanged], block, it =>
        recorder.updateRouter(recordedRouter(it)),
      )
      await inBlocks([...returning, ...repolled], block, it => {
        if (books.isRead(configuredKey(it))) this.#owned.poll(it)
      })
    } catch (error) {
      for (const it of returning) recorder.removeRouter(configuredKey(it))
      throw error
    }
    this.#applied = changed
    return routers
  }

  /** Ends the sessions of routers that no daemon lists any more, such as those of a daemon that does not come back. */
  async #sweep(): Promise<void> {
    this.#sweptMs = this.#options.clock.steadyMs()
    try {
      await this.#options.store.markRemoved()
      const removed = await this.#oneAtATime(() => this.#removed.find(this.#wanted))
      if (removed.size > 0) await this.#options.want(new Map([...this.#wanted, ...removed]))
    } catch (error) {
      if (!isFailure(error)) throw error
    }
  }

  async #stopPolling(routers: readonly ConfiguredRouter[], block: Block): Promise<void> {
    const { poller } = this.#options
    const stopping: Promise<void>[] = []
    await inBlocks(routers, block, it => stopping.push(poller.remove(configuredKey(it))))
    await Promise.all(stopping)
  }
}
