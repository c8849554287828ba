import { addBytes, type Bytes, NO_BYTES } from '../../../src/accounting/bytes.ts'
import { DIRECTIONS } from '../../../src/accounting/counting/mark.ts'
import { isLost, type SessionHistory, type SessionSight, type Window } from './history.ts'

/** The part of its old value at which a counter is taken to be back. */
const NEARLY = 15 / 16

/**
 * The bytes that the accounting may lack for a session whose counter was reset, because it takes the reset for a false
 * reading or cannot tell the two apart (docs/accounting.md rules 7 and 18): everything that the counter had shown
 * before. No bytes if the two readings after each reset leave no doubt, and no later one jumped back to the old value.
 */
export function doubtOf(session: SessionHistory, windows: readonly Window[]): Bytes {
  const { resetsAtMs, readings } = session
  const marks = resetsAtMs.flatMap(at => {
    const mark = readings.findLast(it => it.shownMs <= at)?.counters
    return mark ? [{ at, mark }] : []
  })
  if (marks.every(({ at, mark }) => isClear(session, at, mark, windows))) return NO_BYTES
  return marks.map(({ mark }) => mark).reduce(addBytes, NO_BYTES)
}

/**
 * The bytes that may be missing because readings lied: those since the last true reading that is not lost, which would
 * have corrected the others. A lying reading also carries the bytes of lost readings before it.
 */
export function liedOf(session: SessionHistory, windows: readonly Window[]): Bytes {
  const { readings } = session
  const isSafe = ({ atMs }: Pick<SessionSight, 'atMs'>) => !windows.some(window => isLost(atMs, window))
  const untold = readings.slice(readings.findLastIndex(it => !it.isLie && isSafe(it)) + 1)
  const lied = untold.slice(0, untold.findLastIndex(it => it.isLie) + 1)
  const isUnknown = !session.readSinceReturnMs?.some(atMs => isSafe({ atMs }))
  const isBack = session.isOnBinding && session.readSinceReturnMs !== undefined && isUnknown
  // Counting begins with the first reading that is not lost.
  const found =
    session.isSpare || isBack ? readings.slice(0, readings.findIndex(isSafe) + 1 || readings.length) : []
  return [...new Set([...lied, ...found])].map(({ added }) => added).reduce(addBytes, NO_BYTES)
}

function isClear(
  { readings, logoutAtMs, resetsAtMs, isOnBinding }: SessionHistory,
  at: number,
  mark: Bytes,
  windows: readonly Window[],
): boolean {
  const had = DIRECTIONS.filter(it => mark[it] > 0)
  if (had.length === 0) return true
  const before = readings.findLast(it => it.shownMs <= at)
  const after = readings.filter(it => it.shownMs > at)
  const [first, second] = after
  // No later reading could be lost.
  if (!before || !first) return true
  // Another session that begins on the binding decides.
  if (!second && (logoutAtMs === undefined || isOnBinding)) return false
  const last = second ?? first
  if (before.isLie || after.some(it => it.isLie)) return false
  if (windows.some(({ fromMs, toMs }) => fromMs <= last.atMs && toMs >= before.atMs)) return false
  if (resetsAtMs.some(other => other > at && other < last.shownMs)) return false
  if (!had.every(it => first.counters[it] < mark[it] / 2)) return false
  if (second && had.every(it => second.counters[it] >= NEARLY * mark[it])) return false
  const safe = after.filter(it => !windows.some(window => isLost(it.atMs, window)))
  return !hasLeapt(after, mark) && !hasLeapt(safe, mark)
}

/** Whether a counter below its mark was nearly at it, or above it, in the next reading, by more than half of it. */
function hasLeapt(readings: readonly SessionSight[], mark: Bytes): boolean {
  return readings.some(({ counters }, index) => {
    const before = readings[index - 1]?.counters
    return (
      before !== undefined &&
      DIRECTIONS.some(
        it =>
          before[it] < mark[it] &&
          counters[it] >= NEARLY * mark[it] &&
          counters[it] - before[it] > mark[it] / 2,
      )
    )
  })
}
