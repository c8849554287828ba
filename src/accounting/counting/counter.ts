import { type Bytes, NO_BYTES } from '../bytes.ts'
import {
  type CounterFinding,
  isLeap,
  isLessThanHalf,
  isNearly,
  NO_DOUBT,
  type Step,
  step,
  stepAtEnd,
} from './counter-step.ts'
import {
  type ByDirection,
  type CountedMark,
  countedUpTo,
  DIRECTIONS,
  type Direction,
  type Doubt,
} from './mark.ts'

/**
 * Judges a session's counters against the marks up to which they were counted (docs/accounting.md). Each direction on
 * its own:
 *
 *     at or above its mark        it grew by the difference                                             rule 6
 *     below it                    suspected of a reset: nothing is counted until the next reading       rule 7
 *     then back at its mark       a glitch: it grew by the difference
 *     then still below            a reset: all that it shows is new. One of two that fell in the same reading decides
 *                                 for both, and they are one sum. As long as they show half of their marks or more they
 *                                 stay suspected: counters that began again at 0 would have moved as much in the
 *                                 time of a reading or two
 *     a jump to or nearly to the  it was no reset but wrong for long: counting goes on from the old     rule 18
 *     mark before a reset         mark, less what was counted since
 *     below, after a leap, but    that reading was false: counting continues from before it, less what  rule 19
 *     not below its start         was counted for it
 */
export interface Verdict {
  readonly mark: CountedMark
  /** Bytes to add, each with the steady milliseconds since which they were moved. */
  readonly deltas: readonly Delta[]
  readonly findings: readonly Finding[]
}

export interface Delta {
  readonly bytes: Bytes
  readonly sinceMs: number
}

/** What the operator should know about one direction. */
export interface Finding extends CounterFinding {
  readonly direction: Direction
}

/** The times of a reading and of the one before it, in steady milliseconds. */
export interface Turns {
  readonly atMs: number
  readonly lastMs: number
}

export function judge(before: CountedMark, shown: Bytes, turns: Turns): Verdict {
  const { counters, doubts } = before
  const sinceMs = before.sinceMs ?? turns.lastMs
  if (!doubts && hasPlainlyGrown(counters, shown)) {
    const bytes = { upload: shown.upload - counters.upload, download: shown.download - counters.download }
    return { mark: countedUpTo(shown), deltas: [{ bytes, sinceMs }], findings: NO_FINDINGS }
  }
  const stepOf = (direction: Direction) =>
    step(counters[direction], doubts?.[direction], shown[direction], {
      ...{ atMs: turns.atMs, sinceMs },
      isReset: isReset(before, shown, doubts?.[direction]?.fall?.atMs),
    })
  const steps = { upload: stepOf('upload'), download: stepOf('download') }
  const { upload, download } = steps
  return {
    mark: {
      kind: 'counted',
      counters: { upload: upload.mark, download: download.mark },
      sinceMs: undefined,
      doubts: someOf(upload.doubt, download.doubt),
    },
    deltas: deltasOf(upload, download),
    findings: DIRECTIONS.flatMap(direction => {
      const { finding } = steps[direction]
      return finding ? [{ ...finding, direction }] : []
    }),
  }
}

const NO_FINDINGS: readonly Finding[] = []

/** Whether no counter fell or leapt, as is nearly always so. Then nothing is suspected. */
function hasPlainlyGrown(before: Bytes, { upload, download }: Bytes): boolean {
  const byUpload = upload - before.upload
  const byDownload = download - before.download
  return (
    byUpload >= 0 &&
    byDownload >= 0 &&
    !isLeap(before.upload, byUpload) &&
    !isLeap(before.download, byDownload)
  )
}

/**
 * Settles what is still suspected when a session ends: what a counter showed since it fell is new if it is less than
 * half of its mark. Otherwise nothing is. The mark is set so that a session that comes back after all counts nothing twice.
 */
export function judgeAtEnd(before: CountedMark): Verdict & { readonly shown: Bytes } {
  const { counters, doubts } = before
  const steps = DIRECTIONS.flatMap(direction => {
    const atEnd = stepAtEnd(counters[direction], doubts?.[direction])
    return atEnd ? [{ direction, ...atEnd }] : []
  })
  let { mark, shown } = { mark: before, shown: counters }
  for (const { direction, step: settled, shown: last } of steps) {
    shown = { ...shown, [direction]: last }
    mark = {
      ...mark,
      counters: { ...mark.counters, [direction]: settled.mark },
      doubts: { ...(mark.doubts ?? NO_DOUBTS), [direction]: settled.doubt },
    }
  }
  return {
    mark,
    shown,
    deltas: steps.map(({ direction, step: { delta, sinceMs } }) => ({
      bytes: { ...NO_BYTES, [direction]: delta },
      sinceMs,
    })),
    findings: steps.flatMap(({ direction, step: { finding } }) =>
      finding ? [{ ...finding, direction }] : [],
    ),
  }
}

const NO_DOUBTS = { upload: undefined, download: undefined }

/** @param fellAtMs when the counter fell; counters that fell in the same reading are judged as one sum */
function isReset({ counters, doubts }: CountedMark, shown: Bytes, fellAtMs: number | undefined): boolean {
  if (fellAtMs === undefined) return false
  let [marks, least] = [0, 0]
  for (const direction of DIRECTIONS) {
    const fall = doubts?.[direction]?.fall
    const mark = counters[direction]
    const now = shown[direction]
    if (fall?.atMs !== fellAtMs || now >= mark) continue
    marks += mark
    // However low it was before, it is judged by where it is if that is nearly its mark.
    least += isNearly(now, mark) ? now : Math.min(fall.least, now)
  }
  return isLessThanHalf(least, marks)
}

/** Both doubts; `undefined` if there is none. */
export function someOf(
  upload: Doubt | undefined,
  download: Doubt | undefined,
): ByDirection<Doubt> | undefined {
  return upload || download ? { upload, download } : undefined
}

function deltasOf(upload: Step, download: Step): readonly Delta[] {
  if (upload.sinceMs === download.sinceMs || upload.delta === 0 || download.delta === 0) {
    const sinceMs = upload.delta > 0 ? upload.sinceMs : download.sinceMs
    return [{ bytes: { upload: upload.delta, download: download.delta }, sinceMs }]
  }
  return [
    { bytes: { upload: upload.delta, download: 0 }, sinceMs: upload.sinceMs },
    {
      bytes: { upload: 0, download: download.delta },
      sinceMs: download.sinceMs,
    },
  ]
}

/**
 * The mark after a leap that no link can have carried, so that nothing was counted for it.
 * @param mark the mark as if the leap had been counted
 * @param sinceMs steady milliseconds of the reading before the leap
 */
export function quarantined(before: CountedMark, mark: CountedMark, sinceMs: number): CountedMark {
  const leapt = (direction: Direction): Doubt | undefined => {
    const doubt = mark.doubts?.[direction]
    const from = before.counters[direction]
    if (mark.counters[direction] <= from) return doubt
    const ahead = before.doubts?.[direction]?.ahead ?? 0
    return { ...(doubt ?? NO_DOUBT), leap: { from, counted: 0, sinceMs }, ahead }
  }
  return { ...mark, doubts: someOf(leapt('upload'), leapt('download')) }
}

/** Whether the counters changed since the last reading, whatever was counted for it. */
export function hasMoved({ counters, doubts }: CountedMark, shown: Bytes): boolean {
  return DIRECTIONS.some(direction => {
    const last = doubts?.[direction]?.fall?.shown ?? counters[direction]
    return shown[direction] !== last
  })
}
