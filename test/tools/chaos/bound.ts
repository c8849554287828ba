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
   * For each session that ended in a window: no reading, the last, the last two … For a session whose counter was reset
   * in a window: the last ones before the reset. Only whole readings may be missing, so this is not a range.
   */
  readonly shorts: readonly Bytes[]
  /** For each session that was lied about, or whose counter was reset in a way that looks like a lie. */
  readonly slack: Bytes
  /**
   * For a subscriber who came back on a binding in a window: the binding's last known value may be an older one, and
   * then the new session includes bytes of the one before it that were not read. For a session whose interface had a
   * new name in its last reading: that reading counts if nobody else could be on the interface.
   */
  readonly over: Bytes
}

export const EXACT: Leeway = { shorts: [NO_BYTES], slack: NO_BYTES, over: NO_BYTES }

export function isExact({ shorts, slack, over }: Leeway): boolean {
  return shorts.length === 1 && isNothing(slack) && isNothing(over)
}

/** For the sessions of one subscriber. */
export function leewayOf(sessions: readonly SessionHistory[], windows: readonly Window[]): Leeway {
  const merged = merge(windows, isTouching)
  const windowsOf = (session: SessionHistory) =>
    merge(merged, (last, next) => isTouching(last, next) || isUnreadBetween(session, last, next))
  let { shorts } = EXACT
  for (const session of sessions)
    for (const window of windowsOf(session))
      shorts = sumsOf(
        shorts,
        hasEndedIn(session, window) ? tailsOf(session, window) : resetsOf(session, window),
      )
  const hasComeBack = sessions.some(
    ({ isOnBinding, loginAtMs }) => isOnBinding && merged.some(window => isIn(loginAtMs, window)),
  )
  const over = sessions
    .filter(({ isRenamedSince }) => hasComeBack || isRenamedSince)
    .map(({ tail }) => tail)
    .reduce(addBytes, NO_BYTES)
  const slack = sessions
    .map(session => addBytes(doubtOf(session, windowsOf(session)), liedOf(session, windowsOf(session))))
    .reduce(addBytes, NO_BYTES)
  return { shorts, slack, over }
}

/** For one subscriber's sessions on two routers. */
export function leewayOfBoth(one: Leeway, other: Leeway): Leeway {
  return {
    shorts: sumsOf(one.shorts, other.shorts),
    slack: addBytes(one.slack, other.slack),
    over: addBytes(one.over, other.over),
  }
}

/** Whether the bytes of readings and the recorded ones agree, over all sessions. */
export function isWithin({ shorts, slack, over }: Leeway, carried: ByteSum, recorded: ByteSum): boolean {
  return shorts.some(short =>
    (['upload', 'download'] as const).every(direction => {
      const more = recorded[direction] - (carried[direction] - BigInt(short[direction]))
      return more >= -BigInt(slack[direction]) && more <= BigInt(over[direction])
    }),
  )
}

/**
 * Whether no reading has had the session since the window, except for its end: a reply that trickles can contain a
 * session that ended long before, and a PPP session is not read until its server row is known.
 */
function hasEndedIn({ logoutAtMs, readings }: SessionHistory, window: Window): boolean {
  const isOver = logoutAtMs !== undefined && logoutAtMs <= window.toMs
  const isReadAfter = readings.some(it => it.atMs >= window.toMs)
  return (isOver || !isReadAfter) && readings.some(it => isIn(it.atMs, window))
}

/** The bytes of its last readings in the window: of none, of the last, of the last two … */
function tailsOf({ readings }: SessionHistory, window: Window): readonly Bytes[] {
  const tails = [NO_BYTES]
  for (const { atMs, added } of [...readings].reverse())
    if (isIn(atMs, window)) tails.push(addBytes(tails.at(-1) ?? NO_BYTES, added))
  return tails
}

/** The bytes of its readings in the window before its last reset there: of none, of the last … */
function resetsOf(session: SessionHistory, window: Window): readonly Bytes[] {
  const last = session.resetsAtMs.findLast(at => isIn(at, window))
  return last === undefined ? [NO_BYTES] : tailsOf(session, { fromMs: window.fromMs, toMs: last })
}

/** The sum of each pair. */
function sumsOf(some: readonly Bytes[], others: readonly Bytes[]): readonly Bytes[] {
  const sums = some.flatMap(one => others.map(other => addBytes(one, other)))
  return [...new Map(sums.map(sum => [`${sum.upload}/${sum.download}`, sum])).values()]
}

/** Merges windows between which nothing lost in the first one was counted after all. */
function merge(
  windows: readonly Window[],
  isOne: (last: Window, next: Window) => boolean,
): readonly Window[] {
  const merged: Window[] = []
  for (const window of [...windows].sort((a, b) => a.fromMs - b.fromMs)) {
    const last = merged.at(-1)
    if (last && isOne(last, window))
      merged[merged.length - 1] = { fromMs: last.fromMs, toMs: Math.max(last.toMs, window.toMs) }
    else merged.push(window)
  }
  return merged
}

/** Of windows that touch, the bytes in the second's first reading had waited since the first began. */
function isTouching(last: Window, next: Window): boolean {
  return next.fromMs <= last.toMs
}

/** Whether the readings between two windows lack the session, as those do that cannot join it to its interface. */
function isUnreadBetween({ readings }: SessionHistory, last: Window, next: Window): boolean {
  return !readings.some(({ atMs }) => atMs >= last.toMs && atMs <= next.fromMs)
}
