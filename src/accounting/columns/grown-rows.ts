import type { Total } from '../bytes.ts'
import { type SessionId, sessionId } from '../ids.ts'
import { type Session, type SessionDetails, sessionOf } from '../session.ts'
import type { Bucket, GrowthShare, Share } from '../spread.ts'
import { type Columns, type Growth, resized } from './columns.ts'

/** The bytes of a session that only grew, in one bucket, and its counters now. */
export interface GrownSum {
  readonly session: Pick<Session, 'id' | 'service' | 'username'>
  readonly bucket: Bucket
  readonly upload: number
  readonly download: number
  /** The router's counters, with what came after this bucket. */
  readonly counterUpload: number
  readonly counterDownload: number
  readonly lastMovedMs: number
}

/** The same with all details of the session. */
export interface DetailedSum extends GrownSum {
  readonly session: SessionDetails
}

const NO_NUMBERS = new Float64Array(0)
const NO_SESSION = sessionId('nobody')

/**
 * What waits for the database of sessions that only grew, summed up in arrays by number: the bytes of each bucket, and
 * the counters now.
 */
export class GrownRows {
  readonly columns: Columns
  readonly #buckets: BucketRows[] = []
  readonly #details: (SessionDetails | undefined)[] = []
  #now: Now = { upload: NO_NUMBERS, download: NO_NUMBERS, lastMovedMs: NO_NUMBERS }

  constructor(columns: Columns) {
    this.columns = columns
  }

  *buckets(): Iterable<Bucket> {
    for (const { bucket } of this.#buckets) yield bucket
  }

  /** Number of rows in all buckets. */
  get size(): number {
    return this.#buckets.reduce((sum, { numbers }) => sum + numbers.length, 0)
  }

  /**
   * Adds a growth before it is adopted.
   * @param shares of the growth, by bucket
   * @param atMs steady milliseconds of the reading
   */
  add({ columns, numbers, upload, download }: Growth, shares: readonly GrowthShare[], atMs: number): void {
    this.#makeRoom(columns.details.length)
    const now = this.#now
    for (let index = 0; index < numbers.length; index++) {
      const number = numbers[index] ?? 0
      this.#details[number] ??= columns.details[number]
      now.upload[number] = (columns.upload[number] ?? 0) + (upload[index] ?? 0)
      now.download[number] = (columns.download[number] ?? 0) + (download[index] ?? 0)
      now.lastMovedMs[number] = atMs
    }
    for (const share of shares) this.#bucket(share.bucket).add(numbers, share, columns.details.length)
  }

  /** Adds the bytes of all sessions to a total. */
  addTo(total: Total): void {
    for (const { numbers, upload, download } of this.#buckets)
      for (const number of numbers) total.add(upload[number] ?? 0, download[number] ?? 0)
  }

  /** All rows: one for each session and bucket. Read them before the next change. */
  sums(): readonly DetailedSum[] {
    const sums: DetailedSum[] = []
    for (const rows of this.#buckets)
      for (const number of rows.numbers) {
        const details = this.#details[number]
        if (details) sums.push(new SumInColumns(details, rows, this.#now, number))
      }
    return sums
  }

  /** The session of a row as it is now, and its bytes. */
  sessionAndShare(sum: DetailedSum): readonly [Session, Share] {
    const { session, bucket, upload, download, counterUpload, counterDownload, lastMovedMs } = sum
    const { day, startMs } = bucket
    return [
      sessionOf(session, { upload: counterUpload, download: counterDownload }, lastMovedMs),
      { bucketStartMs: startMs, day, upload, download },
    ]
  }

  /** Takes out sessions that are listed one by one from now on, before other sessions can get their numbers. */
  *takeOut(ids: ReadonlySet<SessionId>): Iterable<DetailedSum> {
    const taken = new Set<number>()
    for (const [number, details] of this.#details.entries())
      if (ids.has(details?.id ?? NO_SESSION)) taken.add(number)
    if (taken.size === 0) return
    for (const rows of this.#buckets)
      for (const number of rows.takeOut(taken)) {
        const details = this.#details[number]
        if (details) yield new SumInColumns(details, rows, this.#now, number)
        rows.clear(number)
      }
    for (const number of taken) this.#details[number] = undefined
  }

  #bucket({ startMs, day }: Bucket): BucketRows {
    const known = this.#buckets.find(({ bucket }) => bucket.startMs === startMs && bucket.day === day)
    if (known) return known
    const begun = new BucketRows({ startMs, day })
    this.#buckets.push(begun)
    return begun
  }

  #makeRoom(capacity: number): void {
    const { upload, download, lastMovedMs } = this.#now
    const length = roomFor(capacity, upload.length)
    if (length === upload.length) return
    this.#now = {
      upload: resized(upload, length),
      download: resized(download, length),
      lastMovedMs: resized(lastMovedMs, length),
    }
  }
}

/** By number: a session's counters, and when they last moved in steady milliseconds. */
interface Now {
  readonly upload: Float64Array
  readonly download: Float64Array
  readonly lastMovedMs: Float64Array
}

/** A sum that reads its numbers from the columns: a copy of them would take most of the memory of a commit. */
class SumInColumns implements DetailedSum {
  readonly session: SessionDetails
  readonly #rows: BucketRows
  readonly #now: Now
  readonly #number: number

  constructor(session: SessionDetails, rows: BucketRows, now: Now, number: number) {
    this.session = session
    this.#rows = rows
    this.#now = now
    this.#number = number
  }

  get bucket(): Bucket {
    return this.#rows.bucket
  }

  get upload(): number {
    return this.#rows.upload[this.#number] ?? 0
  }

  get download(): number {
    return this.#rows.download[this.#number] ?? 0
  }

  get counterUpload(): number {
    return this.#now.upload[this.#number] ?? 0
  }

  get counterDownload(): number {
    return this.#now.download[this.#number] ?? 0
  }

  get lastMovedMs(): number {
    return this.#now.lastMovedMs[this.#number] ?? 0
  }
}

/** One bucket's bytes, by number. */
class BucketRows {
  readonly bucket: Bucket
  /** The numbers of sessions with bytes, in the order in which they first had some. */
  numbers: number[] = []
  upload = new Float64Array(0)
  download = new Float64Array(0)

  constructor(bucket: Bucket) {
    this.bucket = bucket
  }

  /** Adds a share of a growth. @param capacity all numbers are below it */
  add(numbers: Int32Array, share: GrowthShare, capacity: number): void {
    const length = roomFor(capacity, this.upload.length)
    if (length > this.upload.length) {
      this.upload = resized(this.upload, length)
      this.download = resized(this.download, length)
    }
    for (let index = 0; index < numbers.length; index++) {
      const number = numbers[index] ?? 0
      const byUpload = share.upload[index] ?? 0
      const byDownload = share.download[index] ?? 0
      if (byUpload === 0 && byDownload === 0) continue
      const upload = this.upload[number] ?? 0
      const download = this.download[number] ?? 0
      if (upload === 0 && download === 0) this.numbers.push(number)
      this.upload[number] = upload + byUpload
      this.download[number] = download + byDownload
    }
  }

  /** Takes numbers out. @returns those that had bytes here */
  takeOut(numbers: ReadonlySet<number>): readonly number[] {
    const taken = this.numbers.filter(number => numbers.has(number))
    if (taken.length > 0) this.numbers = this.numbers.filter(number => !numbers.has(number))
    return taken
  }

  clear(number: number): void {
    this.upload[number] = 0
    this.download[number] = 0
  }
}

function roomFor(capacity: number, length: number): number {
  return capacity <= length ? length : Math.max(capacity, 2 * length)
}
