import pLimit from 'p-limit'
import type { RouterKey } from './accounting/ids.ts'
import type { RouterRef } from './ledger-store.ts'
import type { Clock } from './runtime/clock.ts'
import { isFailure } from './runtime/failure.ts'
import { errorFields, type Logger } from './runtime/logger.ts'

/** Which routers are this daemon's, as the database says. */
export interface Leases {
  /** Takes those that are free, have expired, or were this daemon's in an earlier run; with their new epochs. */
  acquire(routers: readonly RouterRef[]): Promise<ReadonlyMap<RouterKey, Taken>>
  /** @returns the routers that are still this daemon's */
  renew(leases: ReadonlyMap<RouterKey, number>): Promise<ReadonlySet<RouterKey>>
  release(leases: ReadonlyMap<RouterKey, number>): Promise<void>
}

export interface Taken {
  readonly epoch: number
}

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
  readonly durationMs: number
  readonly clock: Clock
  readonly log: Logger
}

/** Renewals, and looks at what is free, to one lease's duration: each is WAL for every router. */
const TURNS = 4

/**
 * Takes the routers of the config that nobody else has, and keeps them by renewing their leases. Where the database
 * is away, what is held is gone on with: if another daemon takes a router meanwhile, no commit of ours gets through.
 */
export class Ownership {
  readonly #options: OwnershipOptions
  readonly #held = new Map<RouterKey, number>()
  #wanted: ReadonlyMap<RouterKey, RouterRef> = new Map()
  /** Two turns that overlap would take routers twice, and one that is lost meanwhile would be so after it came back. */
  readonly #oneAtATime = pLimit(1)
  #hasFailed = false
  #lost = 0

  constructor(options: OwnershipOptions) {
    this.#options = options
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
    return this.#oneAtATime(() => this.#renewAndTake())
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, durationMs } = this.#options
    while (!signal.aborted) {
      await clock.sleep(durationMs / TURNS, signal)
      if (!signal.aborted) await this.#tryTurn()
    }
  }

  /** Told by a commit that did not get through, with the epochs under which it was made. */
  lose(routers: ReadonlyMap<RouterKey, number>): Promise<void> {
    return this.#oneAtATime(() => this.#lose(routers))
  }

  /** Lets others take all of them at once. */
  async release(): Promise<void> {
    const held = new Map(this.#held)
    this.#held.clear()
    if (held.size > 0) await this.#options.leases.release(held)
  }

  async #tryTurn(): Promise<void> {
    const { log } = this.#options
    try {
      await this.#oneAtATime(() => this.#renewAndTake())
      if (this.#hasFailed) log.info('leases are renewed again')
      this.#hasFailed = false
    } catch (error) {
      if (!isFailure(error)) throw error
      if (!this.#hasFailed)
        log.warn({ err: errorFields(error) }, 'leases can not be renewed; reading goes on')
      this.#hasFailed = true
    }
  }

  async #renewAndTake(): Promise<void> {
    const { leases, owner } = this.#options
    await this.#renew()
    // Also one that is wanted again, but was let go of: it begins anew, at another epoch.
    const idle = [...this.#held].filter(([router]) => !owner.isBusy(router))
    if (idle.length > 0) {
      for (const [router] of idle) this.#held.delete(router)
      await leases.release(new Map(idle))
    }
    const missing = [...this.#wanted].filter(([router]) => !this.#held.has(router)).map(([, ref]) => ref)
    if (missing.length > 0) await this.#gain(await leases.acquire(missing))
  }

  async #renew(): Promise<void> {
    if (this.#held.size === 0) return
    const asked = new Map(this.#held)
    const kept = await this.#options.leases.renew(asked)
    await this.#lose(new Map([...asked].filter(([router]) => !kept.has(router))))
  }

  async #lose(routers: ReadonlyMap<RouterKey, number>): Promise<void> {
    const lost = [...routers].filter(([router, epoch]) => this.#held.get(router) === epoch)
    for (const [router] of lost) this.#held.delete(router)
    this.#lost += lost.length
    if (lost.length > 0) await this.#options.owner.lose(lost.map(([router]) => router))
  }

  async #gain(taken: ReadonlyMap<RouterKey, Taken>): Promise<void> {
    if (taken.size === 0) return
    const epochs = new Map(Array.from(taken, ([router, { epoch }]) => [router, epoch]))
    try {
      await this.#options.owner.gain(epochs)
      for (const [router, epoch] of epochs) this.#held.set(router, epoch)
    } catch (error) {
      // The next turn takes them anew; until then another daemon may.
      await this.#options.leases.release(epochs).catch(() => {})
      throw error
    }
  }
}
