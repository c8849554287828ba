import type { Bytes } from '../../../src/accounting/bytes.ts'

/**
 * Readings of one router and service that may have come to nothing:
 *
 *     from  the last moment of which is known that all that was read before it is safe: in the journal of a daemon
 *           that came back (or in the database, of a router that another daemon took)
 *     to    the first reading by whoever reads it then
 *
 * What goes on through it is counted on at `to`, to the byte. Only a session that ended in it, or whose counter was
 * reset in it, has nobody left to ask.
 */
export interface Window {
  readonly fromMs: number
  readonly toMs: number
}

/** A session as one reading had it. */
export interface SessionSight {
  readonly atMs: number
  /** When its row was made. */
  readonly shownMs: number
  readonly added: Bytes
  /** As they were in truth. */
  readonly counters: Bytes
  /** Whether the reading told something else of the session. */
  readonly isLie: boolean
}

/** One session, as its router knows it. */
export interface SessionHistory {
  readonly loginAtMs: number
  readonly logoutAtMs: number | undefined
  /** Of its counter. */
  readonly resetsAtMs: readonly number[]
  readonly readings: readonly SessionSight[]
  /** Whether its counter is a static binding's, which it began on where the last reading had left it. */
  readonly isOnBinding: boolean
  /** Whether its router takes another's place: what a first reading of it shows is where counting begins. */
  readonly isSpare: boolean
  /**
   * When its service was read before its login, since its router came back to its place; `undefined` where it was never
   * away. What static bindings show is as unknown then as it was at first.
   */
  readonly readSinceReturnMs: readonly number[] | undefined
  /** Whether a reading since the last one that carried it had its interface by a new name. */
  readonly isRenamedSince: boolean
  /** What it moved after its last reading. */
  readonly tail: Bytes
}

export function isIn(atMs: number, { fromMs, toMs }: Window): boolean {
  return atMs > fromMs && atMs <= toMs
}

/** Whether a reading may have come to nothing: the one that a window ends with has not. */
export function isLost(atMs: number, { fromMs, toMs }: Window): boolean {
  return atMs > fromMs && atMs < toMs
}
