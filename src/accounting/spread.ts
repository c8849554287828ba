import { type ByteSum, type Bytes, Total } from './bytes.ts'
import { type Calendar, QUARTER_HOUR_MS } from './calendar.ts'
import type { Growth } from './columns/columns.ts'
import type { CountedSpan, Decision, Entry } from './entry.ts'
import type { Steps } from './steps.ts'

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
/** Five years, so that a false uptime does not make thousands of rows. */
const LONGEST_SPAN_MS = 5 * 365 * LONG_SPAN_MS

/** A cut of a span: the end of one part. */
interface Cut {
  readonly bucket: Bucket
  /** Milliseconds from the begin of the span to the end of the part. */
  readonly ms: number
  readonly spanMs: number
  readonly isLast: boolean
}

/**
 * Cuts a span at the limits of buckets and days. A span of more than 24 hours is cut at days only, and each day's share
 * goes into one bucket of that day (docs/accounting.md rule 15).
 */
function* cutsOf(from: Date, to: Date, bucketMs: number, calendar: Calendar): Iterable<Cut> {
  const toMs = to.getTime()
  // If the clock was set back in between, all bytes belong to the end.
  const fromMs = Math.max(Math.min(from.getTime(), toMs), toMs - LONGEST_SPAN_MS)
  const spanMs = toMs - fromMs
  for (let partMs = fromMs; ; ) {
    const day = calendar.dayAt(partMs)
    const startMs = Math.floor(partMs / bucketMs) * bucketMs
    const limitMs = spanMs > LONG_SPAN_MS ? day.endMs : startMs + bucketMs
    const isLast = limitMs >= toMs
    yield { bucket: { startMs, day: day.name }, ms: limitMs - fromMs, spanMs, isLast }
    if (isLast) return
    partMs = limitMs
  }
}

/**
 * Spreads counted bytes evenly over their span, in whole bytes that add up exactly (rule 15).
 * @param bucketMs a divisor of a quarter of an hour, so that no bucket contains a midnight (rule 17)
 */
export function spread(
  { delta, from, to }: CountedSpan,
  bucketMs: number,
  calendar: Calendar,
): readonly Share[] {
  const shares: Share[] = []
  let upload = 0
  let download = 0
  for (const cut of cutsOf(from, to, bucketMs, calendar)) {
    const uploadSoFar = soFar(delta.upload, cut)
    const downloadSoFar = soFar(delta.download, cut)
    if (uploadSoFar > upload || downloadSoFar > download)
      shares.push({
        bucketStartMs: cut.bucket.startMs,
        day: cut.bucket.day,
        upload: uploadSoFar - upload,
        download: downloadSoFar - download,
      })
    upload = uploadSoFar
    download = downloadSoFar
  }
  return shares
}

/** The buckets and days that bytes are spread over. */
export interface Spreading {
  readonly bucketMs: number
  readonly calendar: Calendar
}

/** The shares of each entry that counted bytes. */
export type Shares = ReadonlyMap<Entry, readonly Share[]>

/** Spreads the entries of a decision, one at each step. */
export function* sharesOf(decision: Decision, { bucketMs, calendar }: Spreading): Steps<Shares> {
  const shares = new Map<Entry, readonly Share[]>()
  for (const entry of decision.entries) {
    if (entry.kind === 'stop' || entry.counted.length === 0) continue
    shares.set(
      entry,
      entry.counted.flatMap(counted => spread(counted, bucketMs, calendar)),
    )
    yield
  }
  return shares
}

/** The part of a growth that lies in one bucket, in arrays with one element for each element of the growth. */
export interface GrowthShare {
  readonly bucket: Bucket
  readonly upload: Float64Array
  readonly download: Float64Array
  readonly total: ByteSum
}

/** Spreads growth as `spread` does, for each session. Nearly always all of it lies in one bucket. */
export function spreadGrowth(growth: Growth, bucketMs: number, calendar: Calendar): readonly GrowthShare[] {
  const { upload, download, total, from, to } = growth
  const cuts = [...cutsOf(from, to, bucketMs, calendar)]
  const [only] = cuts
  if (only && cuts.length === 1) return [{ bucket: only.bucket, upload, download, total }]
  const before = { upload: new Float64Array(upload.length), download: new Float64Array(upload.length) }
  return cuts.map(cut => {
    const share = {
      bucket: cut.bucket,
      upload: new Float64Array(upload.length),
      download: new Float64Array(upload.length),
    }
    const sum = new Total()
    for (let index = 0; index < upload.length; index++) {
      const uploadSoFar = soFar(upload[index] ?? 0, cut)
      const downloadSoFar = soFar(download[index] ?? 0, cut)
      const byUpload = uploadSoFar - (before.upload[index] ?? 0)
      const byDownload = downloadSoFar - (before.download[index] ?? 0)
      share.upload[index] = byUpload
      share.download[index] = byDownload
      before.upload[index] = uploadSoFar
      before.download[index] = downloadSoFar
      sum.add(byUpload, byDownload)
    }
    return { ...share, total: sum.sum }
  })
}

/** The whole bytes of `total` up to a cut. Uses bigints, because the product can pass 2^53. */
function soFar(total: number, { ms, spanMs, isLast }: Cut): number {
  return isLast ? total : Number((BigInt(total) * BigInt(ms)) / BigInt(spanMs))
}

/** @throws RangeError if buckets of this width could contain a midnight */
export function checkBucket(bucketMs: number): void {
  if (!(bucketMs > 0) || QUARTER_HOUR_MS % bucketMs !== 0)
    throw new RangeError(`a bucket of ${bucketMs} ms does not divide a quarter of an hour`)
}
