import type { Bytes } from '../../../src/accounting/bytes.ts'

/**
 * Readings of one router and service that may have been lost:
 *
 *     from  the last moment before which everything that was read is known to be safe: in the journal of a daemon that
 *           came back (or in the database, if another daemon took the router over)
 *     to    the first reading by the next reader
 *
 * A session that continues through it is counted at `to`, to the byte. Only a session that ended in it, or whose
 * counter was reset in it, cannot be read again.
 */
export interface Window {
  readonly fromMs: number
  readonly toMs: number
}

/** A session in one reading. */
export interface SessionSight {
  readonly atMs: number
  /** When its row was made. */
  readonly shownMs: number
  readonly added: Bytes
  /** The true counters. */
  readonly counters: Bytes
  /** Whether the reading lied about the session. */
  readonly isLie: boolean
}

/** One session, as known by its router. */
export interface SessionHistory {
  readonly loginAtMs: number
  readonly logoutAtMs: number | undefined
  /** Resets of its counter. */
  readonly resetsAtMs: readonly number[]
  readonly readings: readonly SessionSight[]
  /** Whether its counter is a static binding's, where it continued from the last reading. */
  readonly isOnBinding: boolean
  /** Whether its router replaces another: counting begins with a first reading. */
  readonly isSpare: boolean
  /**
   * Readings of its service before its login, since its router came back; `undefined` if it was never away. The
   * counters of static bindings are then as unknown as at first.
   */
  readonly readSinceReturnMs: readonly number[] | undefined
  /** Whether a reading since the last one that carried it had its interface under a new name. */
  readonly isRenamedSince: boolean
  /** Bytes after its last reading. */
  readonly tail: Bytes
}

export function isIn(atMs: number, { fromMs, toMs }: Window): boolean {
  return atMs > fromMs && atMs <= toMs
}

/** Whether a reading may have been lost. The one that ends a window was not. */
export function isLost(atMs: number, { fromMs, toMs }: Window): boolean {
  return atMs > fromMs && atMs < toMs
}
