/**
 * Pusher's own codes, of errors and of closes, by what the client does then: from 4000 it stays away, from 4100 it comes
 * back after a second, and from 4200 at once. `ws` itself sends 1009 for what is too large, and 1002 and 1007 for broken
 * frames.
 */
export const PUSHER_CODE = {
  /** Not JSON, or binary. RFC 6455's, since Pusher has none for it. */
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
  /** What our endpoint signed holds no more: whoever asks it again gets what holds now. */
  askAgain: 4202,
} as const

export type PusherCode = (typeof PUSHER_CODE)[keyof typeof PUSHER_CODE]

/** Why a connection ends, in words for the one who wrote the client. */
export interface PusherFault {
  readonly code: PusherCode
  readonly reason: string
}
