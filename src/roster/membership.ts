import pLimit from 'p-limit'
import type { RouterKey, TenantId } from '../accounting/ids.ts'
import { Block, stepInBlocks } from '../runtime/block.ts'
import type { Clock } from '../runtime/clock.ts'
import { type Assignment, assign } from './assignment.ts'
import type { ListedRouters, Member, Members, Offer } from './ports.ts'

/** What a reload may change. */
export interface MembershipTerms {
  /** How much this daemon should read in proportion to the others. */
  readonly share: number
  /** The interval in which at most 3 % of the routers move, in milliseconds. */
  readonly moveEveryMs: number
}

export interface MembershipOptions {
  readonly members: Members
  /** This daemon's id. */
  readonly self: string
  readonly terms: MembershipTerms
  /** Loads are read again after this time, in milliseconds. */
  readonly loadsForMs: number
  readonly clock: Clock
}

/** An end that was waited for is over in the database, too. */
const LATER_MS = 10
/** The part of its routers that a daemon moves at a time. */
const MOVED_PART = 0.03

/**
 * Knows the daemons that share the routers, and which of them should read what. It changes only when it is refreshed,
 * so all decisions of one turn agree.
 */
export class Membership {
  readonly #options: MembershipOptions
  #terms: MembershipTerms
  #members: readonly Member[] = []
  readonly #lists = new Map<string, { digest: string; tenants: ReadonlyMap<TenantId, ListedRouters> }>()
  /** Of which daemons, shares and lists the assignment was made. */
  #madeOf = ''
  #loadedMs = Number.NEGATIVE_INFINITY
  #assignment: Assignment = { readers: new Map(), loads: new Map() }
  #owners: ReadonlyMap<RouterKey, string> = new Map()
  /** When moves were last looked for. */
  #movedMs = Number.NEGATIVE_INFINITY
  #moves = 0
  #isJoined = false
  /** When the first of the other daemons is over, unless it renews itself. */
  #firstEndMs = Number.POSITIVE_INFINITY
  /** Two at a time could end in the other order. */
  readonly #refreshing = pLimit(1)

  constructor(options: MembershipOptions) {
    this.#options = options
    this.#terms = options.terms
  }

  /** This daemon's id. */
  get self(): string {
    return this.#options.self
  }

  /** All daemons that were seen lately, as last refreshed. */
  get members(): readonly Member[] {
    return this.#members
  }

  /** Routers that this daemon gave to others because they should read them. */
  get moves(): number {
    return this.#moves
  }

  /** The largest load of a daemon in proportion to its share; 1 if all have exactly their shares. */
  get imbalance(): number {
    return Math.max(1, ...[...this.#assignment.loads.values()].filter(Number.isFinite))
  }

  /** The id of the daemon that has a router's lease, as last refreshed. */
  ownerOf(router: RouterKey): string | undefined {
    return this.#owners.get(router)
  }

  /** Whether this daemon should read a router: it is the one that should, or nobody lists the router. */
  isOurs(router: RouterKey): boolean {
    return (this.#assignment.readers.get(router) ?? this.#options.self) === this.#options.self
  }

  /** Another daemon that should read a router. */
  successorOf(router: RouterKey): string | undefined {
    const reader = this.#assignment.readers.get(router)
    return reader === this.#options.self ? undefined : reader
  }

  setTerms(terms: MembershipTerms): void {
    this.#terms = terms
  }

  /** From now on the others count on this daemon. Called once it can take routers. */
  join(): void {
    this.#isJoined = true
  }

  /**
   * Tells the others that this daemon lives, and what it reads.
   * @param loads the sessions of each of its routers
   * @throws the store's errors
   */
  async renew(loads: ReadonlyMap<RouterKey, number>): Promise<void> {
    if (!this.#isJoined) return
    const sessions = [...loads.values()].reduce((sum, it) => sum + it, 0)
    const { share } = this.#terms
    await this.#options.members.renew({ share, routers: loads.size, sessions })
  }

  /**
   * Tells the others not to count on this daemon any longer, and computes who should read its routers then.
   * @throws the store's errors
   */
  async leave(): Promise<void> {
    this.#isJoined = false
    await this.#options.members.leave()
    await this.#refresh(false)
  }

  /**
   * In how many milliseconds the first of the other daemons is over, unless it renews itself; infinite if that is past,
   * or there is none.
   */
  get untilFirstEndMs(): number {
    const untilMs = this.#firstEndMs - this.#options.clock.steadyMs()
    return untilMs > 0 ? untilMs : Number.POSITIVE_INFINITY
  }

  /**
   * Reads who is there, and computes who should read what if that may have changed.
   * @returns whether a daemon is gone since the last time, so that its routers are free
   * @throws the store's errors
   */
  refresh(): Promise<boolean> {
    return this.#refresh(true)
  }

  /**
   * Which of the held routers to give to other daemons now: at most 3 % in an interval, and none to a daemon that has not
   * taken those that it was given before.
   * @param offers routers that were given to a daemon and that it has not taken yet
   */
  moving(
    held: Pick<ReadonlyMap<RouterKey, unknown>, 'keys' | 'size'>,
    offers: readonly Offer[],
  ): readonly RouterKey[] {
    const nowMs = this.#options.clock.steadyMs()
    if (nowMs - this.#movedMs < this.#terms.moveEveryMs) return []
    this.#movedMs = nowMs
    const busy = new Set(offers.map(({ to }) => to))
    const most = Math.max(1, Math.floor(MOVED_PART * held.size))
    const moving: RouterKey[] = []
    for (const router of held.keys()) {
      if (moving.length === most) break
      const successor = this.successorOf(router)
      if (successor !== undefined && !busy.has(successor)) moving.push(router)
    }
    this.#moves += moving.length
    return moving
  }

  #refresh(isHere: boolean): Promise<boolean> {
    return this.#refreshing(async () => {
      const lived = this.#members.filter(it => it.isLive)
      this.#members = await this.#options.members.load()
      const nowMs = this.#options.clock.steadyMs()
      await this.#assign(isHere)
      const alive = this.#members.filter(it => it.isLive)
      const others = alive.filter(({ id }) => id !== this.self)
      this.#firstEndMs = nowMs + LATER_MS + others.reduce((least, it) => Math.min(least, it.leftMs), Infinity)
      const live = new Set(alive.map(({ id }) => id))
      return lived.some(({ id }) => !live.has(id))
    })
  }

  async #assign(isHere: boolean): Promise<void> {
    const { members, self, clock, loadsForMs } = this.#options
    const present = this.#members.filter(it => (it.id === self ? isHere : it.isLive))
    await this.#loadLists(present)
    const participants = present.map(({ id, share }) => ({
      id,
      share: id === self ? this.#terms.share : share,
    }))
    const madeOf = JSON.stringify(participants.map(it => [it.id, it.share, this.#lists.get(it.id)?.digest]))
    const nowMs = clock.steadyMs()
    if (madeOf === this.#madeOf && nowMs - this.#loadedMs < loadsForMs) return
    const loads = await members.loadLoads()
    const lists = new Map(present.map(({ id }) => [id, this.#lists.get(id)?.tenants ?? new Map()] as const))
    this.#assignment = await stepInBlocks(
      assign({ participants, lists, sessions: loads.sessions }),
      new Block(clock),
    )
    this.#owners = loads.owners
    this.#madeOf = madeOf
    this.#loadedMs = nowMs
  }

  async #loadLists(present: readonly Member[]): Promise<void> {
    const changed = present.filter(it => this.#lists.get(it.id)?.digest !== it.listDigest)
    if (changed.length > 0) {
      const lists = await this.#options.members.loadLists(changed.map(({ id }) => id))
      for (const { id, listDigest: digest } of changed)
        this.#lists.set(id, { digest, tenants: lists.get(id) ?? new Map() })
    }
    const ids = new Set(present.map(({ id }) => id))
    for (const id of this.#lists.keys()) if (!ids.has(id)) this.#lists.delete(id)
  }
}
