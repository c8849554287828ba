/** What one client may ask of the feed, so that it costs the others nothing. */
export interface FeedLimits {
  /** Open connections with a tenant's token; all admins together count as one tenant. */
  readonly connectionsPerTenant: number
  /** Open connections from one address, with or without a token. */
  readonly connectionsPerAddress: number
  readonly tokenWithinMs: number
  /** Messages and pings from a client; as many may come at once. */
  readonly messagesPerSecond: number
  /** A client whose oldest waiting message is older than this is too slow. */
  readonly slowAfterMs: number
  /** A client that hasn't answered the last ping when the next is due is gone. */
  readonly pingEveryMs: number
}

export const FEED_LIMITS: FeedLimits = {
  connectionsPerTenant: 1000,
  connectionsPerAddress: 200,
  tokenWithinMs: 5_000,
  messagesPerSecond: 20,
  slowAfterMs: 30_000,
  pingEveryMs: 30_000,
}

/** Tells how many of a thing there are by key, up to a limit for each. */
export class Seats {
  readonly #limit: number
  readonly #taken = new Map<string, number>()

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Takes one of the key's seats; false, and nothing taken, where none is left. */
  take(key: string): boolean {
    const taken = this.#taken.get(key) ?? 0
    if (taken >= this.#limit) return false
    this.#taken.set(key, taken + 1)
    return true
  }

  release(key: string): void {
    const taken = this.#taken.get(key) ?? 0
    if (taken > 1) this.#taken.set(key, taken - 1)
    else this.#taken.delete(key)
  }
}

/** A token bucket: `perSecond` at once, and as many a second after that. */
export class RateLimit {
  readonly #perSecond: number
  #left: number
  #filledAtMs: number

  constructor(perSecond: number, nowMs: number) {
    this.#perSecond = perSecond
    this.#left = perSecond
    this.#filledAtMs = nowMs
  }

  take(nowMs: number): boolean {
    const earned = ((nowMs - this.#filledAtMs) / 1000) * this.#perSecond
    this.#left = Math.min(this.#perSecond, this.#left + earned)
    this.#filledAtMs = nowMs
    if (this.#left < 1) return false
    this.#left -= 1
    return true
  }
}
