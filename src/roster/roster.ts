import pLimit from 'p-limit'
import { Calendar } from '../accounting/calendar.ts'
import type { RouterKey } from '../accounting/ids.ts'
import type { Config } from '../config/config.ts'
import {
  difference,
  type Listed,
  type ListedConfig,
  listedIn,
  restartNeeded,
  type TenantRouter,
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
import { Credits } from './credits.ts'
import { confirmOffered, Discards } from './discarded-readings.ts'
import type { Owner } from './leases.ts'
import { listedKey, named, recorded, refOf } from './listed.ts'
import { openBooks } from './open-routers.ts'
import { Elsewhere } from './other-daemons.ts'
import type { RosterStore, SyncedTenant } from './ports.ts'
import { discardedOf, type Estate } from './recovery.ts'
import { departedRouters, discardDeparted, recordedDeparted } from './unlisted.ts'

export interface RosterOptions {
  readonly store: RosterStore
  readonly estate: Estate
  readonly recorder: Recorder
  readonly board: TenantBoard
  readonly poller: Poller
  /** Asks for the leases of these routers and of no others. */
  readonly want: (routers: ReadonlyMap<RouterKey, RouterRef>) => Promise<void>
  /** How to connect to a router, again and again: what its services know of it is kept from one time to the next. */
  readonly linkTo: (listed: TenantRouter) => (signal: AbortSignal) => Promise<RouterLink>
  /** Once it aborts, what is not done yet is left to the next start. */
  readonly stopping: AbortSignal
  /** How often the tables are looked at for what operators and other daemons do, in milliseconds. */
  readonly lookMs: number
  readonly clock: Clock
  readonly log: Logger
  /** Called with an error that is a bug. */
  readonly onBug: (error: unknown) => void
}

const NOTHING: ListedConfig = { tenants: [], listed: new Map() }

/** Keeps who is recorded and who is polled in step with the config, and with which routers are this daemon's. */
export class Roster implements Owner, Component {
  readonly #options: RosterOptions
  readonly #discards: Discards
  readonly #elsewhere: Elsewhere
  readonly #credits: Credits
  /** A router must not be lost or gained while a config that has it, or no longer has it, is being applied. */
  readonly #oneAtATime = pLimit(1)
  #applied = NOTHING
  /** The first config. */
  #started: Config | undefined
  /** Routers that are opened once more, only to be done with. */
  #departed: ReadonlyMap<RouterKey, RouterRef> = new Map()
  #startedAt: Date | undefined
  readonly #looking: Loop

  constructor(options: RosterOptions) {
    this.#options = options
    this.#discards = new Discards(options)
    this.#elsewhere = new Elsewhere({ ...options, here: options.recorder })
    this.#credits = new Credits(options)
    this.#looking = new Loop(signal => this.#look(signal), options.onBug)
  }

  /** Begins to look for what operators credit, and for what another daemon does with routers of ours. */
  start(): void {
    this.#looking.start()
  }

  /** Waits for the look under way. Routers are read and committed on. */
  stop(): Promise<void> {
    return this.#looking.stop()
  }

  /**
   * Goes from the config before, or from none, to this one. A failure leaves everything as it was, but for the first
   * config leases that can't be taken now are taken later.
   * @returns the keys that take a restart to be as they are in it, changed now or before
   */
  async apply(config: Config): Promise<readonly string[]> {
    const isFirst = this.#applied === NOTHING
    this.#started ??= config
    const block = new Block(this.#options.clock)
    const listed = await this.#oneAtATime(() => this.#change(config, block))
    const wanted = new Map<RouterKey, RouterRef>()
    await inBlocks(listed, block, ([key, it]) => wanted.set(key, refOf(it)))
    try {
      if (isFirst) await this.#finishDeparted(wanted)
      await this.#options.want(wanted)
    } catch (error) {
      // Leases are asked for again with the next renewal.
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
        await this.#discards.tryTell()
        await this.#credits.tryTake()
        if (this.#elsewhere.isBehind) await this.#elsewhere.tryRefresh()
      })
    }
  }

  async #change(config: Config, block: Block): Promise<Listed> {
    const { recorder, board, store, clock } = this.#options
    const listed = await stepInBlocks(listedIn(config), block)
    const changed = { tenants: config.tenants, listed }
    const change = await stepInBlocks(difference(this.#applied, changed), block)
    const tenants = config.tenants.map(tenant => tenant.id)
    const names: SyncedTenant[] = []
    await inBlocks(config.tenants, block, tenant => names.push(named(tenant)))
    // Taken back first: while we wait for the database, a last commit would let go of them, and of their ledgers.
    const returning = change.routersAdded.filter(it => recorder.takeBack(listedKey(it)))
    try {
      await store.syncConfig(names)
      this.#startedAt ??= clock.now()
      await this.#credits.begin()
      const sighting = await this.#elsewhere.look(tenants)
      const repolled = change.routersChanged.filter(it => it.isPolledAnew)
      await this.#leave([...change.routersRemoved, ...repolled], block)
      for (const tenant of change.tenantsRemoved) board.retireTenant(tenant.id)
      for (const { id, timezone } of [...change.tenantsAdded, ...change.tenantsChanged])
        board.addTenant(id, new Calendar(timezone))
      await this.#elsewhere.show(sighting, tenants, listed)
      await inBlocks(change.routersRemoved, block, it => recorder.retireRouter(listedKey(it)))
      await inBlocks([...returning, ...change.routersChanged], block, it =>
        recorder.updateRouter(recorded(it)),
      )
      await inBlocks([...returning, ...repolled], block, it => {
        if (recorder.hasRouter(listedKey(it))) this.#poll(it)
      })
    } catch (error) {
      for (const it of returning) recorder.retireRouter(listedKey(it))
      throw error
    }
    this.#applied = changed
    return listed
  }

  /** Commits what was journaled of routers that left the config while no daemon ran, and ends their sessions. */
  async #finishDeparted(wanted: ReadonlyMap<RouterKey, RouterRef>): Promise<void> {
    const { want, stopping, clock } = this.#options
    this.#departed = await departedRouters(this.#options, wanted)
    if (this.#departed.size > 0) await want(new Map([...wanted, ...this.#departed]))
    // Those that are not taken at a stop are not another daemon's.
    if (stopping.aborted) return
    await discardDeparted(this.#options, wanted, this.#startedAt ?? clock.now())
  }

  async #gain(epochs: ReadonlyMap<RouterKey, number>): Promise<void> {
    const { store, estate, recorder, clock } = this.#options
    // What was lost is told before its router begins anew, with which the journal would be done with it.
    await this.#discards.tell()
    // Those that left the config meanwhile are not begun with, and so are given back.
    const routers = [...epochs.keys()].flatMap(key => this.#recordedOf(key) ?? [])
    const opened = await openBooks(this.#options, routers, epochs)
    const at = this.#startedAt ?? clock.now()
    const overtaken = opened.filter(({ unapplied }) => unapplied.readings > 0)
    if (overtaken.length > 0)
      await store.recordDiscarded(
        overtaken.map(({ book, unapplied }) => discardedOf(book.about, unapplied, 'overtaken', at)),
      )
    this.#elsewhere.forget(epochs.keys())
    for (const { key, book, committed } of opened) {
      if (book.hasPending) estate.taken(key, committed)
      else estate.forget(key)
      recorder.addRouter(book)
      const listed = this.#applied.listed.get(key)
      if (listed) this.#poll(listed)
      else recorder.retireRouter(key)
    }
  }

  #recordedOf(key: RouterKey): RecordedRouter | undefined {
    const listed = this.#applied.listed.get(key)
    if (listed) return recorded(listed)
    const departed = this.#departed.get(key)
    return departed && recordedDeparted(departed)
  }

  async #lose(routers: readonly RouterKey[]): Promise<void> {
    const { recorder, board, poller, clock, log } = this.#options
    await Promise.all(routers.map(key => poller.remove(key, 0)))
    const dropped = await Promise.all(routers.map(key => recorder.dropRouter(key)))
    const books = dropped.filter(book => book !== undefined)
    for (const book of books) board.keepRollup(book)
    await confirmOffered(this.#options.store, books)
    for (const book of books) {
      const { key, waiting } = book
      const discarded = discardedOf(book.about, waiting, 'lost', clock.now())
      log.warn({ router: key, ...discarded.detail }, 'router taken over by another daemon')
      if (waiting.readings > 0) this.#discards.add(discarded)
      else this.#options.estate.forget(key)
    }
    await this.#discards.tryTell()
    await this.#elsewhere.tryRefresh()
  }

  async #leave(routers: readonly TenantRouter[], block: Block): Promise<void> {
    const { poller } = this.#options
    const leaving: Promise<void>[] = []
    await inBlocks(routers, block, it => leaving.push(poller.remove(listedKey(it))))
    await Promise.all(leaving)
  }

  #poll(listed: TenantRouter): void {
    const { poller, linkTo } = this.#options
    const { services, schedule, enabled: isEnabled } = listed.router
    poller.add({ key: listedKey(listed), services, schedule, isEnabled, connect: linkTo(listed) })
  }
}
