import { addSums, type ByteSum, NO_SUM } from '../bytes.ts'
import type { Decision } from '../entry.ts'
import type { RouterKey } from '../ids.ts'
import { checkGrowthShares, checkPosition, checkSamePosition, checkShares, checkSums } from '../invariants.ts'
import type { GrowthShare, Shares } from '../spread.ts'
import { type Pending, PendingBuilder } from './pending.ts'
import { bytesIn } from './pending-bytes.ts'
import { NO_LOAD, type WaitingLoad } from './waiting-share.ts'

const BEGINS_THERE = 'what waits begins where the part before it ends'

/** The sum of what waits. */
export interface WaitingSum {
  readonly readings: number
  readonly bytes: ByteSum
}

/**
 * What waits for the database of one router: the part that was offered to it, and what came since. The main file of
 * `waiting/`: adopted decisions in; pending commits out.
 */
export class Waiting {
  readonly #router: RouterKey
  readonly #mostEvents: () => number
  /** The part that was offered and is not confirmed. It is offered again, unchanged, until it is confirmed. */
  #offered: Pending | undefined
  #offeredLoad = NO_LOAD
  #building: PendingBuilder
  #joinedEvents = 0
  /** The router's position in the database, as far as we know. */
  #confirmed: number

  /**
   * @param position the router's position in the database
   * @param mostEvents how many events may wait; called when a part begins
   */
  constructor(router: RouterKey, position: number, mostEvents: () => number) {
    this.#router = router
    this.#mostEvents = mostEvents
    this.#confirmed = position
    this.#building = new PendingBuilder(position, mostEvents())
  }

  /** The position after everything that waits. */
  get position(): number {
    return this.#building.position
  }

  get offered(): Pending | undefined {
    return this.#offered
  }

  get isEmpty(): boolean {
    return this.#offered === undefined && this.#building.isEmpty
  }

  get sessionCount(): number {
    return (this.#offered?.sessions.size ?? 0) + this.#building.sessionCount
  }

  /**
   * Adds a decision before the ledger adopts it.
   * @throws BrokenInvariant; then nothing was added
   */
  add(decision: Decision, shares: Shares, growthShares: readonly GrowthShare[]): void {
    checkShares(this.#router, decision, shares)
    checkGrowthShares(this.#router, decision.growth, growthShares)
    this.#building.add(decision, shares, growthShares)
  }

  /**
   * Adds what waited in an earlier process.
   * @throws BrokenInvariant; then nothing was added
   */
  addPending(pending: Pending): void {
    checkSamePosition(this.#router, BEGINS_THERE, this.position, pending.basePosition)
    checkPosition(this.#router, pending.basePosition, pending.position)
    this.#building.addPending(pending)
  }

  /**
   * What to offer now: the part that was offered before and not confirmed, or else everything since.
   * @throws BrokenInvariant
   */
  offer(): Pending | undefined {
    if (!this.#offered && !this.#building.isEmpty) {
      this.#offered = this.#checked(this.#building.build(), this.#building.adopted)
      this.#offeredLoad = this.#building.load
      this.#joinedEvents += this.#building.joinedEvents
      // Events that wait already are kept as they are.
      const most = Math.max(0, this.#mostEvents() - this.#offered.events.length)
      this.#building = new PendingBuilder(this.#offered.position, most)
    }
    return this.#offered
  }

  /** Call this when the offered part is in the database. */
  confirm(): void {
    this.#confirmed = this.#offered?.position ?? this.#confirmed
    this.#offered = undefined
    this.#offeredLoad = NO_LOAD
  }

  /** Everything that waits, in at most two parts. */
  parts(): readonly Pending[] {
    const built = this.#building.isEmpty ? [] : [this.#building.build()]
    return this.#offered ? [this.#offered, ...built] : built
  }

  /** The memory that it takes, and since when it waits. */
  get load(): WaitingLoad {
    const { bytes, since } = this.#building.load
    return { bytes: this.#offeredLoad.bytes + bytes, since: this.#offeredLoad.since ?? since }
  }

  /** Number of events that were merged into others, because there were too many. */
  get joinedEvents(): number {
    return this.#joinedEvents + this.#building.joinedEvents
  }

  get sum(): WaitingSum {
    let readings = 0
    let bytes = NO_SUM
    for (const part of this.parts()) {
      readings += part.position - part.basePosition
      bytes = addSums(bytes, bytesIn(part))
    }
    return { readings, bytes }
  }

  #checked(part: Pending, adopted: ByteSum): Pending {
    checkSamePosition(this.#router, BEGINS_THERE, this.#confirmed, part.basePosition)
    checkPosition(this.#router, part.basePosition, part.position)
    checkSums(this.#router, 'what waits is the sum of what was adopted', adopted, bytesIn(part))
    return part
  }
}
