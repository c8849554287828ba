import { addBytes, type ByteSum, type Bytes, isNothing, NO_BYTES } from '../../../src/accounting/bytes.ts'
import { doubtOf, liedOf } from './doubt.ts'
import { isIn, type SessionHistory, type Window } from './history.ts'

/**
 * How the record of some sessions may differ from what readings carried.
 *
 *     recorded = carried - one of `shorts` - at most `slack` + at most `over`
 */
export interface Leeway {
  /**
   * Of each session that ended in a window: no reading, the last, the last two … Of one whose counter was reset in a
   * window: the last ones before the reset. Only whole readings, so no range.
   */
  readonly shorts: readonly Bytes[]
  /** Of each session that was lied about, or whose counter was reset so that nobody can tell it from a lie. */
  readonly slack: Bytes
  /**
   * Of a subscriber with a binding who came back on it in a window: the binding's last known value may be an older
   * one, and then the new session has what the one before it moved unread. Of a session whose interface had a new name
   * in its last reading: that one counts where nobody else could be on it.
   */
  readonly over: Bytes
}

export const EXACT: Leeway = { shorts: [NO_BYTES], slack: NO_BYTES, over: NO_BYTES }

export function isExact({ shorts, slack, over }: Leeway): boolean {
  return shorts.length === 1 && isNothing(slack) && isNothing(over)
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
  const over = sessions
    .filter(({ isRenamedSince }) => isBegunAnew || isRenamedSince)
    .map(({ tail }) => tail)
    .reduce(addBytes, NO_BYTES)
  const slack = sessions
    .map(session => addBytes(doubtOf(session, merged), liedOf(session, merged)))
    .reduce(addBytes, NO_BYTES)
  return { shorts, slack, over }
}

/** Of one subscriber's sessions on two routers. */
export function leewayOfBoth(one: Leeway, other: Leeway): Leeway {
  return {
    shorts: sumsOf(one.shorts, other.shorts),
    slack: addBytes(one.slack, other.slack),
    over: addBytes(one.over, other.over),
  }
}

/** Whether the bytes of readings and the recorded ones, over all sessions, go together. */
export function isWithin({ shorts, slack, over }: Leeway, carried: ByteSum, recorded: ByteSum): boolean {
  return shorts.some(short =>
    (['upload', 'download'] as const).every(direction => {
      const more = recorded[direction] - (carried[direction] - BigInt(short[direction]))
      return more >= -BigInt(slack[direction]) && more <= BigInt(over[direction])
    }),
  )
}

/**
 * Whether no reading has told of it since the window, but of its end: a reply that trickles can tell of a session that
 * has ended long since, and of a PPP session nothing is told until its server row is known.
 */
function hasEndedIn({ logoutAtMs, readings }: SessionHistory, window: Window): boolean {
  const isOver = logoutAtMs !== undefined && logoutAtMs <= window.toMs
  const isTold = readings.some(it => it.atMs >= window.toMs)
  return (isOver || !isTold) && readings.some(it => isIn(it.atMs, window))
}

/** What its last readings in the window had carried: of none, of the last, of the last two … */
function tailsOf({ readings }: SessionHistory, window: Window): readonly Bytes[] {
  const tails = [NO_BYTES]
  for (const { atMs, added } of [...readings].reverse())
    if (isIn(atMs, window)) tails.push(addBytes(tails.at(-1) ?? NO_BYTES, added))
  return tails
}

/** What its readings in the window had carried of it before its last reset there: of none, of the last … */
function resetsOf(session: SessionHistory, window: Window): readonly Bytes[] {
  const last = session.resetsAtMs.findLast(at => isIn(at, window))
  return last === undefined ? [NO_BYTES] : tailsOf(session, { fromMs: window.fromMs, toMs: last })
}

/** Each of the one with each of the other. */
function sumsOf(some: readonly Bytes[], others: readonly Bytes[]): readonly Bytes[] {
  const sums = some.flatMap(one => others.map(other => addBytes(one, other)))
  return [...new Map(sums.map(sum => [`${sum.upload}/${sum.download}`, sum])).values()]
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
