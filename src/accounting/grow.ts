import type { Columns, Growth } from './columns.ts'
import { plausibleBytes } from './counter.ts'
import type { NumberedRows } from './reading.ts'
import { Total } from './total.ts'
import { notBeforeRouters } from './window.ts'

/** What known rows are held against. All times in steady milliseconds, but for the wall clock's `from` and `to`. */
export interface Grounds {
  readonly atMs: number
  readonly lastMs: number
  readonly from: Date
  readonly to: Date
  readonly plausibleBitsPerSecond: number
  readonly stalledAfterMs: number
}

/** The known rows, each either of a session that went on as the rules want it, or to be looked at as any other row. */
export interface Grown {
  /** Of the sessions that moved; absent where none did. */
  readonly growth: Growth | undefined
  /** Places of the other rows. */
  readonly others: readonly number[]
  /** By session number, 1: the session went on. */
  readonly isSeen: Uint8Array
}

/**
 * The rules for known rows, each in one look. A session has gone on where
 *
 *     its login lies in the row's window, so it is the same one, and its clock has not drifted      rule 1
 *     its counters were known at the last reading, and none has fallen                              rules 6, 7, 11
 *     they grew by no more than the link can carry                                                  rule 12
 *     it is not to be reported as stalled                                                           rule 13
 *
 * Everything else is for the rules as they are written out in `decide`. That both come to the same is held by a
 * property of its own.
 */
export function growKnown(columns: Columns, { known, answeredMs }: NumberedRows, grounds: Grounds): Grown {
  const { atMs, lastMs, stalledAfterMs, from, to } = grounds
  const { standing, upload, download, lastMovedMs, loginEarliestMs, loginLatestMs, isReported } = columns
  const most = plausibleBytes(atMs - lastMs, grounds.plausibleBitsPerSecond)
  const rows = known.numbers.length
  const isSeen = new Uint8Array(standing.length)
  const others: number[] = []
  const grewNumbers = new Int32Array(rows)
  const grewUpload = new Float64Array(rows)
  const grewDownload = new Float64Array(rows)
  const total = new Total()
  let grew = 0
  for (let place = 0; place < rows; place++) {
    const number = known.numbers[place] ?? -1
    const uptimeMs = (known.uptimeSeconds[place] ?? Number.NaN) * 1_000
    const byUpload = (known.upload[place] ?? Number.NaN) - (upload[number] ?? Number.NaN)
    const byDownload = (known.download[place] ?? Number.NaN) - (download[number] ?? Number.NaN)
    const earliestMs = atMs - uptimeMs - 1_000
    const hasMoved = byUpload > 0 || byDownload > 0
    const hasGoneOn =
      // All of it false where a number is none.
      byUpload >= 0 &&
      byDownload >= 0 &&
      byUpload <= most &&
      byDownload <= most &&
      earliestMs <= (loginLatestMs[number] ?? Number.NaN) &&
      (loginEarliestMs[number] ?? Number.NaN) <= answeredMs - uptimeMs &&
      earliestMs >= notBeforeRouters(earliestMs) &&
      (hasMoved || isReported[number] === 1 || atMs - (lastMovedMs[number] ?? 0) < stalledAfterMs) &&
      standing[number] !== undefined
    if (!hasGoneOn) {
      others.push(place)
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
