import pLimit from 'p-limit'
import type { RouterKey } from '../accounting/ids.ts'
import type { RouterRef } from '../recording/ports.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Component } from '../runtime/component.ts'
import { isFailure } from '../runtime/failure.ts'
import { errorFields, type Logger } from '../runtime/logger.ts'
import { Loop } from '../runtime/loop.ts'
import { Nap } from '../runtime/nap.ts'
import type { Leases, NewerDaemon } from './ports.ts'

/** What happens with routers that are gained and lost. */
export interface Owner {
  /** Starts to read and record them. If it rejects, they are given back. */
  gain(epochs: ReadonlyMap<RouterKey, number>): Promise<void>
  /** Another daemon has them, so nothing of them can be committed any longer. */
  lose(routers: readonly RouterKey[]): Promise<void>
  /** Whether it has a router, even if only to commit the last of a removed one. */
  isBusy(router: RouterKey): boolean
}

export interface OwnershipOptions {
  readonly leases: Leases
  readonly owner: Owner
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
  readonly #failing = new Set<string>()
  #lost = 0

  constructor(options: OwnershipOptions) {
    this.#options = options
    this.#nap = new Nap(options.clock)
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
  want(routers: ReadonlyMap<RouterKey, RouterRef>): Promise<void> {
    this.#wanted = routers
    return this.#takeTurn()
  }

  /** Reports routers whose commits did not get through, with the epochs of those commits. */
  lose(routers: ReadonlyMap<RouterKey, number>): Promise<void> {
    return this.#oneAtATime(() => this.#lose(routers))
  }

  /** Releases all leases, including those of routers that are being gained, so that others can take them at once. */
  async release(): Promise<void> {
    await this.#oneAtATime(async () => {
      const held = new Map(this.#held)
      this.#held.clear()
      await this.#release(held)
    })
  }

  async #keepRenewing(signal: AbortSignal): Promise<void> {
    const { clock, durationMs } = this.#options
    while (!signal.aborted) {
      await clock.sleep(durationMs / TURNS_PER_LEASE, signal)
      if (!signal.aborted) await this.#try('leases cannot be renewed; reading goes on', () => this.#renew())
    }
  }

  async #keepTaking(signal: AbortSignal): Promise<void> {
    const { durationMs } = this.#options
    while (!signal.aborted) {
      await this.#nap.sleep(durationMs / TURNS_PER_LEASE, signal)
      if (!signal.aborted) await this.#try('routers cannot be taken for now', () => this.#takeTurn())
    }
  }

  /** @param fault the message for a failure, logged once until the same work succeeds again */
  async #try(fault: string, work: () => Promise<void>): Promise<void> {
    const { log } = this.#options
    try {
      await work()
      if (this.#failing.delete(fault)) log.info({ fault }, 'leases are kept again')
    } catch (error) {
      if (!isFailure(error)) throw error
      if (!this.#failing.has(fault)) log.warn({ err: errorFields(error) }, fault)
      this.#failing.add(fault)
    }
  }

  async #renew(): Promise<void> {
    const lost = await this.#writing(async () => {
      const asked = new Map([...this.#held, ...this.#gaining])
      if (asked.size === 0) return []
      const kept = await this.#options.leases.renew(asked)
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
    await this.#oneAtATime(() => this.#giveBack())
    const wanted = this.#wanted.entries()
    while (await this.#oneAtATime(() => this.#takeSlice(wanted)));
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
    if (leases.size > 0) await this.#writing(() => this.#options.leases.release(leases))
  }
}
