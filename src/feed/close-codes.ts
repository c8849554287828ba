/**
 * The close codes of the feed: promises to authors of clients. `ws` itself sends 1009, 1008 for too many fragments, and
 * 1002 and 1007 for broken frames.
 */
export const CLOSE = {
  goingAway: 1001,
  /** The token cannot be verified now, because its issuer does not answer: retry with the same token. */
  tryAgainLater: 1013,
  badMessage: 4400,
  badToken: 4401,
  notYours: 4403,
  noTokenInTime: 4408,
  tooSlow: 4413,
  tooMany: 4429,
} as const

export type CloseCode = (typeof CLOSE)[keyof typeof CLOSE]
