import type { Settle } from './conversation.ts'
import type { PendingReading } from './readings.ts'
import type { Subscribers } from './subscribers.ts'

/**
 * The readings of PPP on one connection:
 *
 *     /ppp/active     who is online
 *     /interface      the counters: a complete reading if this connection has already listed every server row
 *     server menu     requested if not: then the reading is complete with its reply
 */
export class PppRound {
  readonly #subscribers: Subscribers
  /** Subscribers with a lower number were in the last `/ppp/active`, unless they had left; `#newest` was its last. */
  #below = 0
  #newest = -1
  /** Subscribers with a lower number were in a server menu. */
  #joinedBelow = 0
  #unjoined: PendingReading | undefined
  /** The last complete reading. */
  #complete: PendingReading | undefined

  constructor(subscribers: Subscribers) {
    this.#subscribers = subscribers
  }

  listSessions(): void {
    this.abandon()
    if (this.#complete) this.#subscribers.readings.take(this.#complete)
    this.#complete = undefined
    this.#below = this.#subscribers.count
    this.#newest = this.#subscribers.online.at(-1) ?? -1
  }

  showCounters(atMs: number): Settle {
    const { readings } = this.#subscribers
    const pending = readings.begin(atMs, this.#below)
    if (this.#newest < this.#joinedBelow)
      return isHanded => (isHanded ? this.#completed(pending) : readings.drop(pending))
    this.#unjoined = pending
    return isHanded => {
      if (!isHanded) this.abandon()
    }
  }

  listServers(): Settle {
    const pending = this.#unjoined
    const below = this.#below
    this.#unjoined = undefined
    // Subscribers who left before their row could be listed were never joined.
    for (const number of pending?.left ?? []) if (number >= this.#joinedBelow) pending?.left.delete(number)
    return isHanded => {
      if (isHanded) this.#joinedBelow = below
      if (pending && isHanded) this.#completed(pending)
      else if (pending) this.#subscribers.readings.drop(pending)
    }
  }

  #completed(pending: PendingReading): void {
    this.#subscribers.readings.complete(pending)
    this.#complete = pending
  }

  /** A reading that waits for a server menu is dropped. */
  abandon(): void {
    if (this.#unjoined) this.#subscribers.readings.drop(this.#unjoined)
    this.#unjoined = undefined
  }
}
