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

/** What is done about routers that come and go. */
export interface Owner {
  /** Begins to read and record them. A rejection gives them back. */
  gain(epochs: ReadonlyMap<RouterKey, number>): Promise<void>
  /** Another daemon has them: nothing of them can be committed any more. */
  lose(routers: readonly RouterKey[]): Promise<void>
  /** Whether it has a router, be it only to commit what is left of one that left the config. */
  isBusy(router: RouterKey): boolean
}

export interface OwnershipOptions {
  readonly leases: Leases
  readonly owner: Owner
  /** Told once that a newer process has this one's routers. */
  readonly onSuperseded: (by: NewerDaemon) => void
  readonly durationMs: number
  /** Once it aborts, no router is taken any more. */
  readonly stopping: AbortSignal
  readonly clock: Clock
  readonly log: Logger
  /** Called with an error that is a bug. */
  readonly onBug: (error: unknown) => void
}

/** Renewals, and looks at what is free, to one lease's duration: each is WAL for every router. */
const TURNS = 4
/** Routers to be gained at a time: what is lost meanwhile is told in between. */
export const SLICE = 100

/**
 * Takes the routers of the config that nobody else has, and keeps them by renewing their leases. Where the database
 * is away, what is held is gone on with: if another daemon takes a router meanwhile, no commit of ours gets through.
 *
 * Two loops: renewals wait for nothing else, since beginning with routers takes as long as their ledgers are large.
 */
export class Ownership implements Component {
  readonly #options: OwnershipOptions
  readonly #held = new Map<RouterKey, number>()
  /** Taken, and not begun with yet: renewed with those that are held. */
  readonly #gaining = new Map<RouterKey, number>()
  /** Those that a renewal missed, until the owner is told. */
  readonly #missed = new Map<RouterKey, number>()
  #wanted: ReadonlyMap<RouterKey, RouterRef> = new Map()
  /** Two turns that overlap would take routers twice, and one that is lost meanwhile would be so after it came back. */
  readonly #oneAtATime = pLimit(1)
  /** A renewal that came after a release would undo it. */
  readonly #writing = pLimit(1)
  /** Between two turns of taking. */
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

  /** Keeps what is held, until `release`. */
  async stop(): Promise<void> {
    await Promise.all([this.#renewing.stop(), this.#taking.stop()])
  }

  /** How many routers are wanted and held now, and how many were lost so far. */
  get counts(): { readonly wanted: number; readonly held: number; readonly lost: number } {
    return { wanted: this.#wanted.size, held: this.#held.size, lost: this.#lost }
  }

  isHeld(router: RouterKey): boolean {
    return this.#held.has(router)
  }

  /**
   * Wants these routers and no others from now on, and takes those that are free.
   * @throws what the store throws
   */
  want(routers: ReadonlyMap<RouterKey, RouterRef>): Promise<void> {
    this.#wanted = routers
    return this.#takeTurn()
  }

  /** Told by a commit that did not get through, with the epochs under which it was made. */
  lose(routers: ReadonlyMap<RouterKey, number>): Promise<void> {
    return this.#oneAtATime(() => this.#lose(routers))
  }

  /** Lets others take all of them at once, those too that are being gained. */
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
      await clock.sleep(durationMs / TURNS, signal)
      if (!signal.aborted) await this.#try('leases can not be renewed; reading goes on', () => this.#renew())
    }
  }

  async #keepTaking(signal: AbortSignal): Promise<void> {
    const { durationMs } = this.#options
    while (!signal.aborted) {
      await this.#nap.sleep(durationMs / TURNS, signal)
      if (!signal.aborted) await this.#try('routers can not be taken for now', () => this.#takeTurn())
    }
  }

  /** @param fault how a failure is told, once until the same works again */
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
    const missed = await this.#writing(async () => {
      const asked = new Map([...this.#held, ...this.#gaining])
      if (asked.size === 0) return []
      const kept = await this.#options.leases.renew(asked)
      return [...asked].filter(([router]) => !kept.has(router))
    })
    // One that is being gained is found again once it is held.
    for (const [router, epoch] of missed) if (this.#held.has(router)) this.#missed.set(router, epoch)
    if (this.#missed.size > 0) this.#nap.wake()
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

  /** Tells of what is lost, gives back what has become idle, and takes what is free, each router once. */
  async #takeTurn(): Promise<void> {
    await this.#oneAtATime(() => this.#giveBack())
    const wanted = this.#wanted.entries()
    while (await this.#oneAtATime(() => this.#takeSlice(wanted)));
  }

  async #giveBack(): Promise<void> {
    await this.#loseMissed()
    // Also one that is wanted again, but was let go of: it begins anew, at another epoch.
    const idle = new Map([...this.#held].filter(([router]) => !this.#options.owner.isBusy(router)))
    for (const router of idle.keys()) this.#held.delete(router)
    await this.#release(idle)
  }

  /**
   * @param left those that were not looked at by the slices before; some of them may not be wanted any more
   * @returns whether there may be more
   */
  async #takeSlice(left: Iterator<readonly [RouterKey, RouterRef]>): Promise<boolean> {
    await this.#loseMissed()
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

  async #loseMissed(): Promise<void> {
    const missed = new Map(this.#missed)
    this.#missed.clear()
    await this.#lose(missed)
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
      // The next turn takes them anew; until then another daemon may.
      await this.#release(epochs).catch(() => {})
      throw error
    }
  }

  async #release(leases: ReadonlyMap<RouterKey, number>): Promise<void> {
    if (leases.size > 0) await this.#writing(() => this.#options.leases.release(leases))
  }
}
