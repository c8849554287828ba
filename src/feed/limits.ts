/** Limits of the feed per client, so that one client cannot slow down the others. */
export interface FeedLimits {
  /** Open connections with a tenant's token; all admins together count as one tenant. */
  readonly connectionsPerTenant: number
  /** Open connections from one address, with or without a token. */
  readonly connectionsPerAddress: number
  readonly tokenWithinMs: number
  /** For Pusher clients, which show a signature when they subscribe. */
  readonly subscribeWithinMs: number
  /** Messages and pings from a client: this many a second, and this many at once. */
  readonly messagesPerSecond: number
  /** A client whose oldest waiting message is older than this is too slow. */
  readonly slowAfterMs: number
  /** Interval of pings. A client that has not answered one by the next is gone. */
  readonly pingEveryMs: number
}

export const FEED_LIMITS: FeedLimits = {
  connectionsPerTenant: 1000,
  connectionsPerAddress: 1000,
  tokenWithinMs: 5_000,
  subscribeWithinMs: 30_000,
  messagesPerSecond: 20,
  slowAfterMs: 30_000,
  pingEveryMs: 30_000,
}
