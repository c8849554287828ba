import { type Columns, type Growth, resized } from '../../accounting/columns/columns.ts'
import { isCounting } from '../../accounting/counting/mark.ts'
import type { SessionId } from '../../accounting/ids.ts'
import { detailsOf, type Session, type SessionDetails, sessionOf } from '../../accounting/session.ts'
import { isSameDetails } from './session-difference.ts'

const FIRST_SESSIONS = 16

/** A router's sessions as a segment has them so far, by the numbers that the segment gave to them. */
export class WrittenSessions {
  readonly #numbers = new Map<SessionId, number>()
  /** Details and counters by number. Counters are NaN if the session cannot grow. */
  readonly #details: (SessionDetails | undefined)[] = []
  #upload = new Float64Array(FIRST_SESSIONS)
  #download = new Float64Array(FIRST_SESSIONS)
  #lastMovedMs = new Float64Array(FIRST_SESSIONS)
  /** For a ledger's columns: numbers in the segment by numbers in the columns. */
  readonly #byColumns = new WeakMap<Columns, Int32Array>()

  /**
   * Numbers in the segment by numbers in the columns. `grow` reads and sets them. They are hints: a number in the columns
   * may belong to another session by now.
   */
  numbersOf(columns: Columns): Int32Array {
    const known = this.#byColumns.get(columns)
    if (known && known.length >= columns.details.length) return known
    const longer = new Int32Array(2 * columns.details.length)
    if (known) longer.set(known)
    this.#byColumns.set(columns, longer)
    return longer
  }

  last(id: SessionId): Session | undefined {
    const number = this.#numbers.get(id) ?? -1
    const details = this.#details[number]
    if (!details) return undefined
    const counters = { upload: this.#upload[number] ?? 0, download: this.#download[number] ?? 0 }
    return sessionOf(details, counters, this.#lastMovedMs[number] ?? 0)
  }

  /** Sets a session. @returns its number, a new one if it had none */
  put(session: Session): number {
    const number = this.#numbers.get(session.id) ?? this.#details.length
    this.#numbers.set(session.id, number)
    this.#details[number] = detailsOf(session)
    if (number >= this.#upload.length) this.#makeRoom()
    const counters = isCounting(session.mark) ? session.mark.counters : undefined
    this.#upload[number] = counters?.upload ?? Number.NaN
    this.#download[number] = counters?.download ?? Number.NaN
    this.#lastMovedMs[number] = session.lastMovedMs
    return number
  }

  /**
   * Lets a session grow, if the segment has it as it was before.
   * @param index of the session in the growth
   * @param written what `numbersOf` returns for the growth's columns
   * @returns its number; `undefined` if it has to be written whole
   * @throws RangeError if the columns have no such session
   */
  grow(growth: Growth, index: number, written: Int32Array, steadyMs: number): number | undefined {
    const { columns } = growth
    const there = growth.numbers[index] ?? -1
    const details = columns.details[there]
    if (!details) throw new RangeError(`no session has number ${there}`)
    const likely = written[there] ?? 0
    const number = this.#details[likely] === details ? likely : (this.#numbers.get(details.id) ?? -1)
    const upload = columns.upload[there] ?? 0
    const download = columns.download[there] ?? 0
    if (this.#upload[number] !== upload || this.#download[number] !== download) return undefined
    const last = this.#details[number]
    if (!last || (last !== details && !isSameDetails(last, details))) return undefined
    written[there] = number
    this.#details[number] = details
    this.#upload[number] = upload + (growth.upload[index] ?? 0)
    this.#download[number] = download + (growth.download[index] ?? 0)
    this.#lastMovedMs[number] = steadyMs
    return number
  }

  /** Removes a session that ended. */
  end(session: Session): void {
    const number = this.#numbers.get(session.id)
    if (number === undefined) return
    this.#numbers.delete(session.id)
    this.#details[number] = undefined
  }

  #makeRoom(): void {
    const length = 2 * this.#upload.length
    this.#upload = resized(this.#upload, length)
    this.#download = resized(this.#download, length)
    this.#lastMovedMs = resized(this.#lastMovedMs, length)
  }
}

/** The reader's side: sessions by number. */
export type ReadSessions = Map<number, Session>
