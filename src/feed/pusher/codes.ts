/**
 * Pusher's codes for errors and closes. They say what the client should do: 4000 and up do not reconnect, 4100 and up
 * reconnect after a second, 4200 and up reconnect at once. `ws` itself sends 1009 for messages that are too large, and
 * 1002 and 1007 for broken frames.
 */
export const PUSHER_CODE = {
  /** Not JSON, or binary. From RFC 6455, because Pusher has no code for it. */
  badMessage: 1007,
  unknownKey: 4001,
  badVersion: 4006,
  unsupportedVersion: 4007,
  noVersion: 4008,
  unauthorised: 4009,
  /** Too many, too much or too slow. */
  overCapacity: 4100,
  notSubscribed: 4101,
  noPong: 4201,
  /** A signature of our endpoint is no longer valid: the client must request a new one. */
  askAgain: 4202,
} as const

export type PusherCode = (typeof PUSHER_CODE)[keyof typeof PUSHER_CODE]

/** The reason why a connection ends, for the author of the client. */
export interface PusherFault {
  readonly code: PusherCode
  readonly reason: string
}
