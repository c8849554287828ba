import pLimit from 'p-limit'
import type { RouterKey } from '../accounting/ids.ts'
import type { RouterRef } from '../recording/ports.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Component } from '../runtime/component.ts'
import type { Logger } from '../runtime/logger.ts'
import { Loop } from '../runtime/loop.ts'
import { Nap } from '../runtime/nap.ts'
import { Attempts } from './attempts.ts'
import type { Owner, Part } from './owner.ts'
import type { Leases, NewerDaemon } from './ports.ts'

export interface OwnershipOptions {
  readonly leases: Leases
  readonly owner: Owner
  readonly part: Part
  /** Called once, when a newer process has this one's routers. */
  readonly onSuperseded: (by: NewerDaemon) => void
  readonly durationMs: number
  /** When it aborts, no more routers are taken. */
  readonly stopping: AbortSignal
  readonly clock: Clock
  readonly log: Logger
  /** Called with an error that is a bug. */
  readonly onBug: (error: unknown) => void
}

/** Renewals, and turns of taking, in one lease's duration. Few, because each writes WAL for every router. */
const TURNS_PER_LEASE = 4
/** How often to look for routers that other daemons release to this one, and to go on with the own moves. */
const MOVES_EVERY_MS = 500
/** Routers to gain at a time. Losses are handled in between. */
export const SLICE = 100

/**
 * Takes the routers of the config that nobody else has, and keeps them by renewing their leases. While the database is
 * away, the held routers are still read: if another daemon takes one meanwhile, no commit of ours gets through.
 *
 * Renewals have a loop of their own, because opening routers takes the longer the larger their ledgers are.
 */
export class Ownership implements Component {
  readonly #options: OwnershipOptions
  readonly #held = new Map<RouterKey, number>()
  /** Taken, but not opened yet. They are renewed together with the held ones. */
  readonly #gaining = new Map<RouterKey, number>()
  /** Routers that a renewal found lost, until the owner has been called. */
  readonly #unrenewed = new Map<RouterKey, number>()
  #wanted: ReadonlyMap<RouterKey, RouterRef> = new Map()
  /** Overlapping turns would take routers twice, and could report a router as lost after it was taken again. */
  readonly #oneAtATime = pLimit(1)
  /** A renewal after a release would undo the release. */
  readonly #writing = pLimit(1)
  /** The pause between two turns of taking. */
  readonly #nap: Nap
  readonly #renewing: Loop
  readonly #taking: Loop
  #isSuperseded = false
  readonly #attempts: Attempts
  #lost = 0
  /** Whether the routers of an earlier run were looked for. */
  #hasLooked = false

  constructor(options: OwnershipOptions) {
    this.#options = options
    this.#nap = new Nap(options.clock)
    this.#attempts = new Attempts(options.log)
    this.#renewing = new Loop(signal => this.#keepRenewing(signal), options.onBug)
    this.#taking = new Loop(signal => this.#keepTaking(signal), options.onBug)
  }

  start(): void {
    this.#renewing.start()
    this.#taking.start()
  }

  /** The held leases stay until `release`. */
  async stop(): Promise<void> {
    await Promise.all([this.#renewing.stop(), this.#taking.stop()])
  }

  /** Routers that are wanted and held now, and that were lost since the start. */
  get counts(): { readonly wanted: number; readonly held: number; readonly lost: number } {
    return { wanted: this.#wanted.size, held: this.#held.size, lost: this.#lost }
  }

  isHeld(router: RouterKey): boolean {
    return this.#held.has(router)
  }

  /**
   * Replaces the wanted routers, and takes those that are free.
   * @throws the store's errors
   */
  async want(routers: ReadonlyMap<RouterKey, RouterRef>): Promise<void> {
    this.#wanted = routers
    await this.#takeTurn()
    this.#options.part.join()
  }

  /** Reports routers whose commits did not get through, with the epochs of those commits. */
  lose(routers: ReadonlyMap<RouterKey, number>): Promise<void> {
    return this.#oneAtATime(() => this.#lose(routers))
  }

  /** Releases all leases, including those of routers that are being gained, so that others can take them at once. */
  async release(): Promise<void> {
    await this.#oneAtATime(async () => {
      await this.#options.part.leave()
      const held = new Map(this.#held)
      this.#held.clear()
      await this.#release(held)
    })
  }

  async #keepRenewing(signal: AbortSignal): Promise<void> {
    const { clock, durationMs } = this.#options
    while (!signal.aborted) {
      await clock.sleep(durationMs / TURNS_PER_LEASE, signal)
      if (!signal.aborted) await this.#attempts.try('renewing', () => this.#renew())
    }
  }

  async #keepTaking(signal: AbortSignal): Promise<void> {
    const { durationMs, part, clock } = this.#options
    const turnMs = durationMs / TURNS_PER_LEASE
    let nextTurnMs = clock.steadyMs() + turnMs
    while (!signal.aborted) {
      const untilTurnMs = nextTurnMs - clock.steadyMs()
      const restMs = Math.max(0, Math.min(untilTurnMs, MOVES_EVERY_MS, part.untilFirstEndMs))
      const isWoken = await this.#nap.sleep(restMs, signal)
      if (signal.aborted) return
      const isTurn = isWoken || clock.steadyMs() >= nextTurnMs
      if (isTurn) nextTurnMs = clock.steadyMs() + turnMs
      if (isTurn) await this.#attempts.try('taking', () => this.#takeTurn())
      else await this.#attempts.try('moving', () => this.#move())
    }
  }

  async #renew(): Promise<void> {
    const { leases, owner, part } = this.#options
    const lost = await this.#writing(async () => {
      const asked = new Map([...this.#held, ...this.#gaining])
      const loads = new Map(Array.from(asked.keys(), router => [router, owner.sessionsOf(router)] as const))
      const kept = asked.size === 0 ? new Set() : await leases.renew(asked, loads)
      await part.renew(loads)
      return [...asked].filter(([router]) => !kept.has(router))
    })
    // A router that is being gained is found again once it is held.
    for (const [router, epoch] of lost) if (this.#held.has(router)) this.#unrenewed.set(router, epoch)
    if (this.#unrenewed.size > 0) this.#nap.wake()
    await this.#lookForNewer()
  }

  async #lookForNewer(): Promise<void> {
    if (this.#isSuperseded) return
    const { leases, onSuperseded } = this.#options
    const newer = await leases.newer()
    if (!newer) return
    this.#isSuperseded = true
    onSuperseded(newer)
  }

  /** Reports lost routers, gives back idle ones, and takes free ones, each router once. */
  async #takeTurn(): Promise<void> {
    const { leases, part } = this.#options
    await part.refresh()
    await this.#oneAtATime(() => this.#giveBack())
    const left = new Set(this.#hasLooked ? await leases.orphans() : await leases.left())
    await this.#take(router => part.isOurs(router) || left.has(router))
    this.#hasLooked = true
  }

  /** Takes what other daemons have left or released to this one, and gives them what they should read. */
  async #move(): Promise<void> {
    const { leases, owner, part, stopping } = this.#options
    if (await part.refresh()) return this.#takeTurn()
    await owner.keepUncommitted()
    await this.#oneAtATime(() => this.#giveBack())
    const offers = await leases.offers()
    const offered = new Set(offers.filter(it => it.isOurs).map(it => it.router))
    if (offered.size > 0) await this.#take(router => offered.has(router))
    const moving = part.moving(this.#held, offers)
    if (moving.length > 0 && !stopping.aborted) await owner.moveAway(moving)
  }

  /** Takes those wanted routers that are free, slice by slice. */
  async #take(isForUs: (router: RouterKey) => boolean): Promise<void> {
    const left = [...this.#wanted].filter(([router]) => isForUs(router)).values()
    while (await this.#oneAtATime(() => this.#takeSlice(left)));
  }

  async #giveBack(): Promise<void> {
    await this.#loseUnrenewed()
    // Including a router that is wanted again after it was forgotten: it is taken again, with another epoch.
    const idle = new Map([...this.#held].filter(([router]) => !this.#options.owner.isBusy(router)))
    for (const router of idle.keys()) this.#held.delete(router)
    await this.#release(idle)
  }

  /**
   * @param left the routers that earlier slices did not look at; some of them may no longer be wanted
   * @returns whether there may be more
   */
  async #takeSlice(left: Iterator<readonly [RouterKey, RouterRef]>): Promise<boolean> {
    await this.#loseUnrenewed()
    const slice: RouterRef[] = []
    while (slice.length < SLICE && !this.#options.stopping.aborted) {
      const next = left.next()
      if (next.done) break
      const [router, ref] = next.value
      if (this.#wanted.has(router) && !this.#held.has(router)) slice.push(ref)
    }
    if (slice.length > 0) await this.#gain(await this.#options.leases.acquire(slice))
    return slice.length === SLICE
  }

  async #loseUnrenewed(): Promise<void> {
    const lost = new Map(this.#unrenewed)
    this.#unrenewed.clear()
    await this.#lose(lost)
  }

  async #lose(routers: ReadonlyMap<RouterKey, number>): Promise<void> {
    const lost = [...routers].filter(([router, epoch]) => this.#held.get(router) === epoch)
    for (const [router] of lost) this.#held.delete(router)
    this.#lost += lost.length
    if (lost.length > 0) await this.#options.owner.lose(lost.map(([router]) => router))
  }

  async #gain(taken: ReadonlyMap<RouterKey, number>): Promise<void> {
    if (taken.size === 0) return
    for (const [router, epoch] of taken) this.#gaining.set(router, epoch)
    const epochs = new Map(this.#gaining)
    try {
      await this.#options.owner.gain(epochs)
      for (const [router, epoch] of epochs) this.#held.set(router, epoch)
      this.#gaining.clear()
    } catch (error) {
      this.#gaining.clear()
      // The next turn takes them again; until then another daemon may.
      await this.#release(epochs).catch(() => {})
      throw error
    }
  }

  async #release(leases: ReadonlyMap<RouterKey, number>): Promise<void> {
    const { leases: store, part } = this.#options
    if (leases.size > 0) await this.#writing(() => store.release(leases, router => part.successorOf(router)))
  }
}
