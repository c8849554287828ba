/** What one client may ask of the feed, so that it costs the others nothing. */
export interface FeedLimits {
  /** Open connections with a tenant's token; all admins together count as one tenant. */
  readonly connectionsPerTenant: number
  /** Open connections from one address, with or without a token. */
  readonly connectionsPerAddress: number
  readonly tokenWithinMs: number
  /** For Pusher's clients, which show a signature when they subscribe. */
  readonly subscribeWithinMs: number
  /** Messages and pings from a client; as many may come at once. */
  readonly messagesPerSecond: number
  /** A client whose oldest waiting message is older than this is too slow. */
  readonly slowAfterMs: number
  /** A client that hasn't answered the last ping when the next is due is gone. */
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
