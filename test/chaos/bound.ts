import { addBytes, type Bytes, NO_BYTES } from '../../src/accounting/bytes.ts'

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

/** One session, as its router knows it. */
export interface SessionHistory {
  readonly loginAtMs: number
  readonly logoutAtMs: number | undefined
  /** Of its counter. */
  readonly resetsAtMs: readonly number[]
  readonly readings: readonly { readonly atMs: number; readonly added: Bytes }[]
  /** Whether its counter is a static binding's, which it began on where the last reading had left it. */
  readonly isOnBinding: boolean
  /** What it moved after its last reading. */
  readonly tail: Bytes
}

/** By how much the record of some sessions may fall short of, or pass, what readings carried. */
export interface Leeway {
  readonly short: Bytes
  readonly over: Bytes
}

export function isExact({ short, over }: Leeway): boolean {
  return short.upload + short.download + over.upload + over.download === 0
}

/**
 * The leeway of one subscriber's sessions.
 *
 *     short   of a session that ended in a window: what readings in the window had carried of it; of one whose
 *             counter was reset in it: what they had carried before the reset
 *     over    of a subscriber with a binding, who came back on it in a window: the binding's last known value may be
 *             an older one, and then the new session has what the one before it moved unread
 */
export function leewayOf(sessions: readonly SessionHistory[], windows: readonly Window[]): Leeway {
  const merged = merge(windows)
  let short = NO_BYTES
  for (const session of sessions)
    for (const window of merged) short = addBytes(short, shortOf(session, window))
  const isBegunAnew = sessions.some(
    ({ isOnBinding, loginAtMs }) => isOnBinding && merged.some(window => isIn(loginAtMs, window)),
  )
  const over = isBegunAnew ? sessions.map(({ tail }) => tail).reduce(addBytes, NO_BYTES) : NO_BYTES
  return { short, over }
}

function shortOf({ logoutAtMs, resetsAtMs, readings }: SessionHistory, window: Window): Bytes {
  const lastReset = resetsAtMs.filter(at => isIn(at, window)).at(-1)
  // A reply that trickles can tell of a session that has ended long since.
  const until = logoutAtMs !== undefined && logoutAtMs <= window.toMs ? window.toMs : lastReset
  if (until === undefined) return NO_BYTES
  return readings
    .filter(({ atMs }) => atMs > window.fromMs && atMs <= until)
    .map(({ added }) => added)
    .reduce(addBytes, NO_BYTES)
}

function isIn(atMs: number, { fromMs, toMs }: Window): boolean {
  return atMs > fromMs && atMs <= toMs
}

/** Of windows that touch, what the second's first reading brought had waited since the first's beginning. */
function merge(windows: readonly Window[]): readonly Window[] {
  const merged: Window[] = []
  for (const window of [...windows].sort((a, b) => a.fromMs - b.fromMs)) {
    const last = merged.at(-1)
    if (last && window.fromMs <= last.toMs)
      merged[merged.length - 1] = { fromMs: last.fromMs, toMs: Math.max(last.toMs, window.toMs) }
    else merged.push(window)
  }
  return merged
}
