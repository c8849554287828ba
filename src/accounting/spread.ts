import type { Bytes } from './bytes.ts'
import { type Calendar, QUARTER_HOUR_MS } from './calendar.ts'
import type { Counted } from './entry.ts'

/** Bytes in one bucket, which lies in one of the tenant's days. */
export interface Share extends Bytes {
  readonly bucketStartMs: number
  readonly day: string
}

/** A bucket, and the tenant's day in which it lies. */
export interface Bucket {
  readonly startMs: number
  readonly day: string
}

const LONG_SPAN_MS = 24 * 60 * 60_000
/** Five years: what a bogus uptime says of the time before is not believed, and makes no thousands of rows. */
const LONGEST_SPAN_MS = 5 * 365 * LONG_SPAN_MS

/**
 * Spreads what was counted evenly over its span, in whole bytes that add up exactly, cut at bucket and day limits;
 * a span of more than 24 hours at days only, each day's share in one bucket of that day (rule 15).
 * @param bucketMs a divisor of a quarter of an hour, so that a bucket never reaches over a midnight (rule 17)
 */
export function spread(counted: Counted, bucketMs: number, calendar: Calendar): readonly Share[] {
  const { delta } = counted
  const toMs = counted.to.getTime()
  // A clock set back in between: all of it belongs to now.
  const fromMs = Math.max(Math.min(counted.from.getTime(), toMs), toMs - LONGEST_SPAN_MS)
  const spanMs = toMs - fromMs
  const shares: Share[] = []
  let upload = 0
  let download = 0
  for (let startMs = fromMs; ; ) {
    const day = calendar.dayAt(startMs)
    const bucketStartMs = Math.floor(startMs / bucketMs) * bucketMs
    const limitMs = spanMs > LONG_SPAN_MS ? day.endMs : bucketStartMs + bucketMs
    const isLast = limitMs >= toMs
    const uploadSoFar = isLast ? delta.upload : partOf(delta.upload, limitMs - fromMs, spanMs)
    const downloadSoFar = isLast ? delta.download : partOf(delta.download, limitMs - fromMs, spanMs)
    if (uploadSoFar > upload || downloadSoFar > download)
      shares.push({
        bucketStartMs,
        day: day.name,
        upload: uploadSoFar - upload,
        download: downloadSoFar - download,
      })
    if (isLast) return shares
    upload = uploadSoFar
    download = downloadSoFar
    startMs = limitMs
  }
}

/** @returns the bucket in which all of a span lies; `undefined` where it is to be spread over more than one */
export function soleBucket(from: Date, to: Date, bucketMs: number, calendar: Calendar): Bucket | undefined {
  const startMs = Math.floor(from.getTime() / bucketMs) * bucketMs
  if (from > to || startMs + bucketMs < to.getTime()) return undefined
  return { startMs, day: calendar.dayAt(startMs).name }
}

/** The whole bytes of `total` in `ms` of `spanMs`, to the byte: a product of theirs can pass 2^53. */
function partOf(total: number, ms: number, spanMs: number): number {
  return Number((BigInt(total) * BigInt(ms)) / BigInt(spanMs))
}

/** @throws RangeError where buckets of this width could reach over a midnight */
export function checkBucket(bucketMs: number): void {
  if (!(bucketMs > 0) || QUARTER_HOUR_MS % bucketMs !== 0)
    throw new RangeError(`a bucket of ${bucketMs} ms does not divide a quarter of an hour`)
}
