import type { Columns, Growth } from './columns.ts'
import { type SessionId, sessionId } from './ids.ts'
import { larger } from './larger.ts'
import { type Session, type Standing, sessionOf } from './session.ts'
import type { Bucket, Share } from './spread.ts'

/** A session that only grew, and by how much. */
export interface GrownSum {
  readonly session: Pick<Session, 'id' | 'service' | 'username'>
  readonly upload: number
  readonly download: number
  /** The router's, as they are now. */
  readonly counterUpload: number
  readonly counterDownload: number
  readonly lastMovedMs: number
}

/** The same, as these rows tell it. */
export interface StandingSum extends GrownSum {
  readonly session: Standing
}

const NOBODY = sessionId('nobody')

/**
 * What sessions that did nothing but grow have for the database, summed up in arrays, by number: one bucket's bytes,
 * and the counters they have led to.
 */
export class GrownRows {
  readonly columns: Columns
  readonly bucket: Bucket
  readonly #standing: (Standing | undefined)[] = []
  #numbers: number[] = []
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
    this.#makeRoom(columns.standing.length)
    for (let place = 0; place < numbers.length; place++) {
      const number = numbers[place] ?? 0
      const byUpload = upload[place] ?? 0
      const byDownload = download[place] ?? 0
      if (!this.#standing[number]) {
        this.#standing[number] = columns.standing[number]
        this.#numbers.push(number)
      }
      this.#upload[number] = (this.#upload[number] ?? 0) + byUpload
      this.#download[number] = (this.#download[number] ?? 0) + byDownload
      this.#counterUpload[number] = (columns.upload[number] ?? 0) + byUpload
      this.#counterDownload[number] = (columns.download[number] ?? 0) + byDownload
      this.#lastMovedMs[number] = atMs
    }
  }

  *sums(): Iterable<StandingSum> {
    for (const number of this.#numbers) {
      const sum = this.#sum(number)
      if (sum) yield sum
    }
  }

  /** A session as it is now, with its bytes. */
  told(sum: StandingSum): readonly [Session, Share] {
    const { session, upload, download, counterUpload, counterDownload, lastMovedMs } = sum
    const { day, startMs } = this.bucket
    return [
      sessionOf(session, { upload: counterUpload, download: counterDownload }, lastMovedMs),
      { bucketStartMs: startMs, day, upload, download },
    ]
  }

  /** Takes out those that are told otherwise from now on, before their numbers can be others'. */
  *takeOut(ids: ReadonlySet<SessionId>): Iterable<StandingSum> {
    const kept: number[] = []
    for (const number of this.#numbers) {
      const sum = ids.has(this.#standing[number]?.id ?? NOBODY) ? this.#sum(number) : undefined
      if (sum) {
        yield sum
        this.#clear(number)
      } else kept.push(number)
    }
    this.#numbers = kept
  }

  #sum(number: number): StandingSum | undefined {
    const session = this.#standing[number]
    return (
      session && {
        session,
        upload: this.#upload[number] ?? 0,
        download: this.#download[number] ?? 0,
        counterUpload: this.#counterUpload[number] ?? 0,
        counterDownload: this.#counterDownload[number] ?? 0,
        lastMovedMs: this.#lastMovedMs[number] ?? 0,
      }
    )
  }

  #clear(number: number): void {
    this.#standing[number] = undefined
    this.#upload[number] = 0
    this.#download[number] = 0
  }

  #makeRoom(capacity: number): void {
    if (capacity <= this.#upload.length) return
    const length = Math.max(capacity, 2 * this.#upload.length)
    this.#upload = larger(this.#upload, length)
    this.#download = larger(this.#download, length)
    this.#counterUpload = larger(this.#counterUpload, length)
    this.#counterDownload = larger(this.#counterDownload, length)
    this.#lastMovedMs = larger(this.#lastMovedMs, length)
  }
}
