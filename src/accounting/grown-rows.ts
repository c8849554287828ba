import type { Columns, Growth } from './columns.ts'
import { type Session, sessionGrownTo } from './session.ts'
import type { Bucket, Share } from './spread.ts'

/**
 * What sessions that did nothing but grow have for the database, summed up in arrays, by number: one bucket's bytes,
 * and the counters they have led to.
 */
export class GrownRows {
  readonly columns: Columns
  readonly bucket: Bucket
  readonly #sessions: (Session | undefined)[] = []
  readonly #numbers: number[] = []
  #upload = new Float64Array(0)
  #download = new Float64Array(0)
  #counterUpload = new Float64Array(0)
  #counterDownload = new Float64Array(0)
  #lastMovedMs = new Float64Array(0)

  constructor(columns: Columns, bucket: Bucket) {
    this.columns = columns
    this.bucket = bucket
  }

  get size(): number {
    return this.#numbers.length
  }

  /** Before it is adopted. @param atMs steady milliseconds of the reading */
  add({ columns, numbers, upload, download }: Growth, atMs: number): void {
    this.#makeRoom(columns.sessions.length)
    for (let place = 0; place < numbers.length; place++) {
      const number = numbers[place] ?? 0
      const byUpload = upload[place] ?? 0
      const byDownload = download[place] ?? 0
      if (!this.#sessions[number]) {
        this.#sessions[number] = columns.sessions[number]
        this.#numbers.push(number)
      }
      this.#upload[number] = (this.#upload[number] ?? 0) + byUpload
      this.#download[number] = (this.#download[number] ?? 0) + byDownload
      this.#counterUpload[number] = (columns.upload[number] ?? 0) + byUpload
      this.#counterDownload[number] = (columns.download[number] ?? 0) + byDownload
      this.#lastMovedMs[number] = atMs
    }
  }

  /** Each session as it is now, with its bytes. */
  *sums(): Iterable<readonly [Session, Share]> {
    const { day, startMs } = this.bucket
    for (const number of this.#numbers) {
      const session = this.#sessions[number]
      if (!session) continue
      const upload = this.#upload[number] ?? 0
      const download = this.#download[number] ?? 0
      yield [
        sessionGrownTo(
          session,
          this.#counterUpload[number],
          this.#counterDownload[number],
          this.#lastMovedMs[number],
        ),
        { bucketStartMs: startMs, day, upload, download },
      ]
    }
  }

  #makeRoom(capacity: number): void {
    if (capacity <= this.#upload.length) return
    const larger = (array: Float64Array) => {
      const copy = new Float64Array(Math.max(capacity, 2 * array.length))
      copy.set(array)
      return copy
    }
    this.#upload = larger(this.#upload)
    this.#download = larger(this.#download)
    this.#counterUpload = larger(this.#counterUpload)
    this.#counterDownload = larger(this.#counterDownload)
    this.#lastMovedMs = larger(this.#lastMovedMs)
  }
}
