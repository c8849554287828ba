import { Total } from '../bytes.ts'
import { isLeap, isNearly } from '../counting/counter-step.ts'
import { type ByDirection, type Doubt, LEAP_BYTES } from '../counting/mark.ts'
import { plausibleBytes } from '../counting/plausible.ts'
import type { NumberedRows } from '../reading.ts'
import { notBeforeRouters } from '../window.ts'
import { type Columns, type Growth, HAS_OLD_MARK, STALL_REPORTED } from './columns.ts'

/** What known rows are compared with. Times are steady milliseconds, except `from` and `to` by the wall clock. */
export interface GrowthContext {
  readonly atMs: number
  readonly lastMs: number
  readonly from: Date
  readonly to: Date
  readonly plausibleBitsPerSecond: number
  readonly stalledAfterMs: number
}

/** The known rows in two parts: those of sessions that plainly continue, and others for the general rules. */
export interface KnownRowsResult {
  /** The growth of the sessions that moved; absent if none did. */
  readonly growth: Growth | undefined
  /** Indices of the other rows. */
  readonly others: readonly number[]
  /** By session number, 1: the session continues. */
  readonly isSeen: Uint8Array
}

/**
 * Applies the rules to known rows, each in one look (docs/accounting.md). A session plainly continues if
 *
 *     its login lies in the row's window, so it is the same session, and no clock has drifted       rule 1
 *     its counters were known at the last reading, and none has fallen or is doubtful               rules 6, 7, 11
 *     they grew by no more than the link can carry, and none leapt                                  rules 12, 19
 *     none is back at the mark before a reset                                                       rule 18
 *     it does not have to be reported as stalled                                                    rule 13
 *
 * All other rows go through the general rules in `decide`. A property test checks that both give the same result.
 */
export function growKnown(
  columns: Columns,
  { known, answeredMs }: NumberedRows,
  context: GrowthContext,
  /** Numbers of rows that go through the general rules in any case. */
  excepted: ReadonlySet<number>,
): KnownRowsResult {
  const { atMs, lastMs, stalledAfterMs, from, to } = context
  const { details, upload, download, lastMovedMs, loginEarliestMs, loginLatestMs, flags } = columns
  const most = plausibleBytes(atMs - lastMs, context.plausibleBitsPerSecond)
  const rows = known.numbers.length
  const isSeen = new Uint8Array(details.length)
  const others: number[] = []
  const grewNumbers = new Int32Array(rows)
  const grewUpload = new Float64Array(rows)
  const grewDownload = new Float64Array(rows)
  const total = new Total()
  const hasNoExceptions = excepted.size === 0
  let grew = 0
  for (let index = 0; index < rows; index++) {
    const number = known.numbers[index] ?? -1
    const uptimeMs = (known.uptimeSeconds[index] ?? Number.NaN) * 1_000
    const wasUpload = upload[number] ?? Number.NaN
    const wasDownload = download[number] ?? Number.NaN
    const byUpload = (known.upload[index] ?? Number.NaN) - wasUpload
    const byDownload = (known.download[index] ?? Number.NaN) - wasDownload
    const flag = flags[number] ?? 0
    const earliestMs = atMs - uptimeMs - 1_000
    const hasMoved = byUpload > 0 || byDownload > 0
    const continues =
      // Comparisons with NaN are false.
      byUpload >= 0 &&
      byDownload >= 0 &&
      byUpload <= most &&
      byDownload <= most &&
      (byUpload < LEAP_BYTES || !isLeap(wasUpload, byUpload)) &&
      (byDownload < LEAP_BYTES || !isLeap(wasDownload, byDownload)) &&
      earliestMs <= (loginLatestMs[number] ?? Number.NaN) &&
      (loginEarliestMs[number] ?? Number.NaN) <= answeredMs - uptimeMs &&
      earliestMs >= notBeforeRouters(earliestMs) &&
      (hasMoved || flag & STALL_REPORTED || atMs - (lastMovedMs[number] ?? 0) < stalledAfterMs) &&
      ((flag & HAS_OLD_MARK) === 0 ||
        isBelowOldMarks(details[number]?.doubts, wasUpload + byUpload, wasDownload + byDownload)) &&
      details[number] !== undefined &&
      (hasNoExceptions || !excepted.has(number))
    if (!continues) {
      others.push(index)
      continue
    }
    isSeen[number] = 1
    if (!hasMoved) continue
    grewNumbers[grew] = number
    grewUpload[grew] = byUpload
    grewDownload[grew] = byDownload
    total.add(byUpload, byDownload)
    grew++
  }
  const growth: Growth = {
    columns,
    from,
    to,
    numbers: grewNumbers.subarray(0, grew),
    upload: grewUpload.subarray(0, grew),
    download: grewDownload.subarray(0, grew),
    total: total.sum,
  }
  return { growth: grew > 0 ? growth : undefined, others, isSeen }
}

/** Where nothing has to be decided: a counter that gets back to its old mark may never have been reset. */
function isBelowOldMarks(doubts: ByDirection<Doubt> | undefined, upload: number, download: number): boolean {
  const isBelow = (shown: number, doubt: Doubt | undefined) =>
    doubt?.olds.every(it => !isNearly(shown, it.mark)) ?? true
  return isBelow(upload, doubts?.upload) && isBelow(download, doubts?.download)
}
