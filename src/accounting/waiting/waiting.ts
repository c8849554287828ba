import { addToSum, type ByteSum, NO_SUM } from '../bytes.ts'
import { type Pending, PendingBuilder } from './pending.ts'
import { NO_LOAD, type WaitingLoad } from './waiting-share.ts'

/** What waits, added up. */
export interface WaitingSum {
  readonly readings: number
  readonly bytes: ByteSum
}

/** What one router's decisions made that the database has not got: one part that was offered to it, and what came since. */
export class Waiting {
  readonly #mostEvents: () => number
  /** What was offered and is not known to be there. It is offered again as it is, until it is. */
  #offered: Pending | undefined
  #offeredLoad = NO_LOAD
  #building: PendingBuilder
  #joinedEvents = 0

  /**
   * @param position the router's position in the database
   * @param mostEvents how many events may wait, as it is when a part begins
   */
  constructor(position: number, mostEvents: () => number) {
    this.#mostEvents = mostEvents
    this.#building = new PendingBuilder(position, mostEvents())
  }

  /** The position with all that waits. */
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

  add(...change: Parameters<PendingBuilder['add']>): void {
    this.#building.add(...change)
  }

  addPending(pending: Pending): void {
    this.#building.addPending(pending)
  }

  /** What to offer now: what was offered before and not confirmed, or else all that came since. */
  offer(): Pending | undefined {
    if (!this.#offered && !this.#building.isEmpty) {
      this.#offered = this.#building.build()
      this.#offeredLoad = this.#building.load
      this.#joinedEvents += this.#building.joinedEvents
      // Those that wait already are kept as they are.
      const most = Math.max(0, this.#mostEvents() - this.#offered.events.length)
      this.#building = new PendingBuilder(this.#offered.position, most)
    }
    return this.#offered
  }

  /** What was offered is in the database. */
  confirm(): void {
    this.#offered = undefined
    this.#offeredLoad = NO_LOAD
  }

  /** All of it, in one or two parts. */
  parts(): readonly Pending[] {
    const built = this.#building.isEmpty ? [] : [this.#building.build()]
    return this.#offered ? [this.#offered, ...built] : built
  }

  /** What it takes of memory, and since when. */
  get load(): WaitingLoad {
    const { bytes, since } = this.#building.load
    return { bytes: this.#offeredLoad.bytes + bytes, since: this.#offeredLoad.since ?? since }
  }

  /** Events that were added to others since there were too many. */
  get joinedEvents(): number {
    return this.#joinedEvents + this.#building.joinedEvents
  }

  get sum(): WaitingSum {
    let readings = 0
    let bytes = NO_SUM
    for (const { basePosition, position, sessions } of this.parts()) {
      readings += position - basePosition
      for (const { shares } of sessions.values())
        for (const share of shares.values()) bytes = addToSum(bytes, share)
    }
    return { readings, bytes }
  }
}
