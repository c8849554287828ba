import type { Bytes } from '../bytes.ts'

/** Upload is from the subscriber, download to them. */
export const DIRECTIONS = ['upload', 'download'] as const
export type Direction = (typeof DIRECTIONS)[number]

/** A value for each direction, where it has one. */
export interface ByDirection<T> {
  readonly upload: T | undefined
  readonly download: T | undefined
}

/**
 * How far a session's counters have been counted (docs/accounting.md):
 *
 *     counted   up to `counters`. They were last known at the ledger's last reading, or, where readings since had
 *               none (rule 11), at `sinceMs` on the steady clock
 *     owed      never counted yet. What they show first is all new `from: 'login'` (rule 8); `from: 'baseline'` it is
 *               where counting begins (rule 9)
 */
export type Mark = CountedMark | OwedMark

export interface CountedMark {
  readonly kind: 'counted'
  readonly counters: Bytes
  readonly sinceMs: number | undefined
  /** Absent where nothing is doubtful, as of nearly all. */
  readonly doubts: ByDirection<Doubt> | undefined
}

export interface OwedMark {
  readonly kind: 'owed'
  readonly from: 'login' | 'baseline'
  /** Steady milliseconds of the last reading that did not have the session: its bytes were moved since. */
  readonly sinceMs: number | undefined
  /** What the first reading showed of it, where only the next one can tell whether it is a session at all. */
  readonly shown: Bytes | undefined
}

/** What later readings have to decide about a counter, and what they need for it. At least one part is set. */
export interface Doubt {
  readonly fall: Fall | undefined
  readonly leap: Leap | undefined
  /** Where the counter was before each reset. */
  readonly olds: readonly OldMark[]
  /** Bytes that were counted by mistake. That many of the next bytes are not counted. */
  readonly ahead: number
}

/** A counter below its mark, suspected of a reset (rule 7). All times in steady milliseconds. */
export interface Fall {
  /** When it was first seen below; counters that fell in one reading are judged together. */
  readonly atMs: number
  /** When it was last seen at its mark. */
  readonly sinceMs: number
  /** What it showed last, and its lowest value since. */
  readonly shown: number
  readonly least: number
}

/**
 * A counter that more than doubled in the last reading and grew by at least `LEAP_BYTES`, or by more than its link can
 * carry. That reading may be false (rule 19).
 */
export interface Leap {
  readonly from: number
  /** What was counted for it. */
  readonly counted: number
  /** Steady milliseconds of the reading before it. */
  readonly sinceMs: number
}

/** The smallest leap. A young session doubles its counters all the time. */
export const LEAP_BYTES = 16 * 1024 * 1024

/**
 * Where a counter was before a reset. A later jump to or above it shows that there was no reset, but a glitch of
 * several readings (rule 18).
 */
export interface OldMark {
  readonly mark: number
  /** Added to what the counter shows, it is what was counted since. */
  readonly base: number
}

export function countedUpTo(counters: Bytes): CountedMark {
  return { kind: 'counted', counters, sinceMs: undefined, doubts: undefined }
}

/** Whether the counters were known at the last reading, and what they show next is counted by difference. */
export function isCounting(mark: Mark): mark is CountedMark {
  return (
    mark.kind === 'counted' &&
    mark.sinceMs === undefined &&
    (mark.doubts === undefined || DIRECTIONS.every(it => !isPending(mark.doubts?.[it])))
  )
}

/** Whether the next reading decides something. An old mark stays for the life of the session. */
function isPending(doubt: Doubt | undefined): boolean {
  return doubt !== undefined && (doubt.fall !== undefined || doubt.leap !== undefined || doubt.ahead > 0)
}

/** Whether the last reading that had the session had no counters of it. */
export function isUncounted(mark: Mark): boolean {
  return mark.kind === 'owed' ? mark.shown === undefined : mark.sinceMs !== undefined
}

/** The same mark by a steady clock that is `byMs` ahead. */
export function shiftMark<M extends Mark>(mark: M, byMs: number): M {
  const sinceMs = mark.sinceMs === undefined ? undefined : mark.sinceMs + byMs
  if (mark.kind === 'owed' || !mark.doubts) return { ...mark, sinceMs }
  const { upload, download } = mark.doubts
  return {
    ...mark,
    sinceMs,
    doubts: { upload: shiftDoubt(upload, byMs), download: shiftDoubt(download, byMs) },
  }
}

function shiftDoubt(doubt: Doubt | undefined, byMs: number): Doubt | undefined {
  if (!doubt) return undefined
  const { fall, leap } = doubt
  return {
    ...doubt,
    fall: fall && { ...fall, atMs: fall.atMs + byMs, sinceMs: fall.sinceMs + byMs },
    leap: leap && { ...leap, sinceMs: leap.sinceMs + byMs },
  }
}
