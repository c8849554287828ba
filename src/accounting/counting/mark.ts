import type { Bytes } from '../bytes.ts'

/** Both directions: upload from the subscriber, download to them. */
export const DIRECTIONS = ['upload', 'download'] as const
export type Direction = (typeof DIRECTIONS)[number]

/** A value for each direction that has one. */
export interface ByDirection<T> {
  readonly upload: T | undefined
  readonly download: T | undefined
}

/**
 * How far a session's counters have been counted (docs/accounting.md):
 *
 *     counted   up to `counters`. They were last known at the ledger's last reading, or at `sinceMs` on the steady clock
 *               if later readings had none (rule 11)
 *     owed      not counted yet. `from: 'login'`: everything that they show first is new (rule 8). `from: 'baseline'`:
 *               counting begins there (rule 9)
 */
export type Mark = CountedMark | OwedMark

export interface CountedMark {
  readonly kind: 'counted'
  readonly counters: Bytes
  readonly sinceMs: number | undefined
  /** Absent if nothing is doubtful, which is nearly always so. */
  readonly doubts: ByDirection<Doubt> | undefined
}

export interface OwedMark {
  readonly kind: 'owed'
  readonly from: 'login' | 'baseline'
  /** Steady milliseconds of the last reading without the session. Its bytes were moved after that. */
  readonly sinceMs: number | undefined
  /** The counters in the first reading, if only the next reading can show that it is a session of its own (rule 20). */
  readonly shown: Bytes | undefined
}

/** What later readings have to decide about a counter, and what they need for it. At least one part is set. */
export interface Doubt {
  readonly fall: Fall | undefined
  readonly leap: Leap | undefined
  /** The marks before each reset. */
  readonly olds: readonly OldMark[]
  /** Bytes that were counted by mistake. That many of the next bytes are not counted. */
  readonly ahead: number
}

/** A counter below its mark, suspected of a reset (rule 7). All times in steady milliseconds. */
export interface Fall {
  /** When it was first seen below the mark. Counters that fell in one reading are judged together. */
  readonly atMs: number
  /** When it was last seen at the mark. */
  readonly sinceMs: number
  /** Its last value, and its lowest since the fall. */
  readonly shown: number
  readonly least: number
}

/**
 * A counter that more than doubled in the last reading and grew by at least `LEAP_BYTES`, or by more than its link can
 * carry. That reading may be false (rule 19).
 */
export interface Leap {
  readonly from: number
  /** The bytes that were counted for the leap. */
  readonly counted: number
  /** Steady milliseconds of the reading before the leap. */
  readonly sinceMs: number
}

/** The smallest leap. A young session doubles its counters all the time. */
export const LEAP_BYTES = 16 * 1024 * 1024

/**
 * The mark of a counter before a reset. A later jump to or above it shows that there was no reset, but a glitch of
 * several readings (rule 18).
 */
export interface OldMark {
  readonly mark: number
  /** The bytes that were counted since are this plus the counter's value. */
  readonly base: number
}

/** A mark at these counters, without doubts. */
export function countedUpTo(counters: Bytes): CountedMark {
  return { kind: 'counted', counters, sinceMs: undefined, doubts: undefined }
}

/** Whether the counters were known at the last reading, and the next ones are counted by difference. */
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

/** Whether the session's last reading had no counters of it. */
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
