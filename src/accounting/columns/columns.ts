import type { ByteSum } from '../bytes.ts'
import { isCounting, isUncounted } from '../counting/mark.ts'
import type { SessionId } from '../ids.ts'
import { isReported } from '../reported.ts'
import { detailsOf, type Session, type SessionDetails, sessionOf } from '../session.ts'

const FIRST_CAPACITY = 16

/** Flag of a session that was reported as stalled. */
export const STALL_REPORTED = 1
/** Flag of a session with a counter that was reset: the counter is compared with its old mark. */
export const HAS_OLD_MARK = 2

/**
 * Open sessions by the number of their row on one connection. The numbers that change are in arrays, because most
 * sessions only grow, and then no object is made for a reading. It changes with the ledger that it is part of.
 *
 *     details       everything else of each session, by number
 *     upload …      its counters at the last reading; NaN if they were not known then, or something is suspected
 *     lastMovedMs   steady milliseconds of the reading with its newest bytes
 *     login …       its login window
 *     flags         STALL_REPORTED, HAS_OLD_MARK
 *
 * The main file of `columns/`: numbers of rows and sessions in; sessions, and what they grew by, out.
 */
export class Columns {
  readonly by: object
  readonly details: (SessionDetails | undefined)[] = []
  upload = new Float64Array(FIRST_CAPACITY)
  download = new Float64Array(FIRST_CAPACITY)
  lastMovedMs = new Float64Array(FIRST_CAPACITY)
  loginEarliestMs = new Float64Array(FIRST_CAPACITY)
  loginLatestMs = new Float64Array(FIRST_CAPACITY)
  flags = new Uint8Array(FIRST_CAPACITY)
  #size = 0
  #uncounted = 0

  /** @param by what gives the numbers */
  constructor(by: object) {
    this.by = by
  }

  /** Number of sessions. */
  get size(): number {
    return this.#size
  }

  /** Number of sessions without counters in the last reading. */
  get uncounted(): number {
    return this.#uncounted
  }

  /** The session with a number, as it is now. */
  session(number: number): Session | undefined {
    const details = this.details[number]
    if (!details) return undefined
    const counters = { upload: this.upload[number] ?? 0, download: this.download[number] ?? 0 }
    return sessionOf(details, counters, this.lastMovedMs[number] ?? 0)
  }

  /** All sessions as they are now, each with its number. */
  *entries(): Iterable<readonly [number, Session]> {
    for (let number = 0; number < this.details.length; number++) {
      const session = this.session(number)
      if (session) yield [number, session]
    }
  }

  /** Sets the session of a number. */
  put(number: number, session: Session): void {
    this.#makeRoom(number)
    this.#note(this.details[number], -1)
    const details = detailsOf(session)
    this.details[number] = details
    this.#note(details, 1)
    const { mark, login } = session
    const counting = isCounting(mark) ? mark : undefined
    this.upload[number] = counting?.counters.upload ?? Number.NaN
    this.download[number] = counting?.counters.download ?? Number.NaN
    this.lastMovedMs[number] = session.lastMovedMs
    this.loginEarliestMs[number] = login.earliestMs
    this.loginLatestMs[number] = login.latestMs
    this.flags[number] =
      (isReported(session.reported, 'stall') ? STALL_REPORTED : 0) | (counting?.doubts ? HAS_OLD_MARK : 0)
  }

  removeAll(ids: ReadonlySet<SessionId>): void {
    for (const [number, details] of this.details.entries())
      if (details && ids.has(details.id)) {
        this.#note(details, -1)
        this.details[number] = undefined
      }
  }

  /** Adds a growth to the counters. @param atMs steady milliseconds of the reading */
  grow({ numbers, upload, download }: Growth, atMs: number): void {
    for (let index = 0; index < numbers.length; index++) {
      const number = numbers[index] ?? 0
      this.upload[number] = (this.upload[number] ?? 0) + (upload[index] ?? 0)
      this.download[number] = (this.download[number] ?? 0) + (download[index] ?? 0)
      this.lastMovedMs[number] = atMs
    }
  }

  #note(details: SessionDetails | undefined, by: 1 | -1): void {
    if (!details) return
    this.#size += by
    if (details.mark && isUncounted(details.mark)) this.#uncounted += by
  }

  #makeRoom(number: number): void {
    while (this.details.length <= number) this.details.push(undefined)
    const capacity = this.upload.length
    if (number < capacity) return
    const length = Math.max(number + 1, 2 * capacity)
    this.upload = resized(this.upload, length)
    this.download = resized(this.download, length)
    this.lastMovedMs = resized(this.lastMovedMs, length)
    this.loginEarliestMs = resized(this.loginEarliestMs, length)
    this.loginLatestMs = resized(this.loginLatestMs, length)
    const flags = new Uint8Array(length)
    flags.set(this.flags)
    this.flags = flags
  }
}

/** A copy with room for more numbers at the end. */
export function resized(array: Float64Array, length: number): Float64Array<ArrayBuffer> {
  const copy = new Float64Array(length)
  copy.set(array)
  return copy
}

/**
 * The `interim` entries of the sessions that only grew, which is nearly all of them, as arrays with one element for each
 * session.
 */
export interface Growth {
  /** The columns that `numbers` belong to. Until the growth is adopted, they are as before the reading. */
  readonly columns: Columns
  readonly numbers: Int32Array
  /** The bytes added, safe integers, not both 0. */
  readonly upload: Float64Array
  readonly download: Float64Array
  readonly total: ByteSum
  /** The span in which all bytes were moved (docs/accounting.md rule 15), by our wall clock. */
  readonly from: Date
  readonly to: Date
}
