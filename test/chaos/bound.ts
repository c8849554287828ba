import { addBytes, type ByteSum, type Bytes, NO_BYTES } from '../../src/accounting/bytes.ts'

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

/**
 * How the record of some sessions may differ from what readings carried.
 *
 *     recorded = carried - one of `shorts` + at most `over`
 */
export interface Leeway {
  /**
   * Of each session that ended in a window: no reading, the last, the last two … Of one whose counter was reset in a
   * window: the last ones before the reset, or, where the counter has passed by what it had shown before, so that
   * nobody could know, all since it began. Only whole readings, so no range.
   */
  readonly shorts: readonly Bytes[]
  /**
   * Of a subscriber with a binding who came back on it in a window: the binding's last known value may be an older
   * one, and then the new session has what the one before it moved unread.
   */
  readonly over: Bytes
}

export const EXACT: Leeway = { shorts: [NO_BYTES], over: NO_BYTES }

export function isExact({ shorts, over }: Leeway): boolean {
  return shorts.length === 1 && over.upload + over.download === 0
}

/** Of one subscriber's sessions. */
export function leewayOf(sessions: readonly SessionHistory[], windows: readonly Window[]): Leeway {
  const merged = merge(windows)
  let { shorts } = EXACT
  for (const session of sessions)
    for (const window of merged)
      shorts = sumsOf(
        shorts,
        hasEndedIn(session, window) ? tailsOf(session, window) : resetsOf(session, window),
      )
  const isBegunAnew = sessions.some(
    ({ isOnBinding, loginAtMs }) => isOnBinding && merged.some(window => isIn(loginAtMs, window)),
  )
  const over = isBegunAnew ? sessions.map(({ tail }) => tail).reduce(addBytes, NO_BYTES) : NO_BYTES
  return { shorts, over }
}

/** Whether the bytes of readings and the recorded ones, over all sessions, go together. */
export function isWithin({ shorts, over }: Leeway, carried: ByteSum, recorded: ByteSum): boolean {
  return shorts.some(short =>
    (['upload', 'download'] as const).every(direction => {
      const more = recorded[direction] - (carried[direction] - BigInt(short[direction]))
      return more >= 0n && more <= BigInt(over[direction])
    }),
  )
}

/** A reply that trickles can tell of a session that has ended long since. */
function hasEndedIn({ logoutAtMs, readings }: SessionHistory, window: Window): boolean {
  return logoutAtMs !== undefined && logoutAtMs <= window.toMs && readings.some(it => isIn(it.atMs, window))
}

/** What its last readings in the window had carried: of none, of the last, of the last two … */
function tailsOf({ readings }: SessionHistory, window: Window): readonly Bytes[] {
  const tails = [NO_BYTES]
  for (const { atMs, added } of [...readings].reverse())
    if (isIn(atMs, window)) tails.push(addBytes(tails.at(-1) ?? NO_BYTES, added))
  return tails
}

/** What readings had carried of it before its last reset in the window. */
function resetsOf(session: SessionHistory, window: Window): readonly Bytes[] {
  const { loginAtMs, resetsAtMs, readings } = session
  const last = resetsAtMs.findLast(at => isIn(at, window))
  if (last === undefined) return [NO_BYTES]
  const unseen = tailsOf(session, { fromMs: window.fromMs, toMs: last })
  const beginnings = [loginAtMs, ...resetsAtMs.filter(at => at < last)]
  const hidden = beginnings.map(fromMs =>
    readings
      .filter(({ atMs }) => isIn(atMs, { fromMs, toMs: last }))
      .map(({ added }) => added)
      .reduce(addBytes, NO_BYTES),
  )
  return [...unseen, ...hidden]
}

/** Each of the one with each of the other. */
function sumsOf(some: readonly Bytes[], others: readonly Bytes[]): readonly Bytes[] {
  const sums = some.flatMap(one => others.map(other => addBytes(one, other)))
  return [...new Map(sums.map(sum => [`${sum.upload}/${sum.download}`, sum])).values()]
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
