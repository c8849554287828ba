import { type Columns, type Growth, resized } from '../../accounting/columns/columns.ts'
import { isCounting } from '../../accounting/counting/mark.ts'
import type { SessionId } from '../../accounting/ids.ts'
import { detailsOf, type Session, type SessionDetails, sessionOf } from '../../accounting/session.ts'
import { isSameDetails } from './session-difference.ts'

const FIRST_SESSIONS = 16

/** A router's sessions as a segment last had them, by the number it gave each. */
export class WrittenSessions {
  readonly #numbers = new Map<SessionId, number>()
  /** By number, as are its counters; NaN where it can't grow. */
  readonly #details: (SessionDetails | undefined)[] = []
  #upload = new Float64Array(FIRST_SESSIONS)
  #download = new Float64Array(FIRST_SESSIONS)
  #lastMovedMs = new Float64Array(FIRST_SESSIONS)
  /** Of a ledger's columns: the number given here to the session that has a number there. */
  readonly #places = new WeakMap<Columns, Int32Array>()

  /** To be looked up, and noted, by the columns' numbers; right only where the session is still the same one. */
  places(columns: Columns): Int32Array {
    const places = this.#places.get(columns)
    if (places && places.length >= columns.details.length) return places
    const longer = new Int32Array(2 * columns.details.length)
    if (places) longer.set(places)
    this.#places.set(columns, longer)
    return longer
  }

  last(id: SessionId): Session | undefined {
    const number = this.#numbers.get(id) ?? -1
    const details = this.#details[number]
    if (!details) return undefined
    const counters = { upload: this.#upload[number] ?? 0, download: this.#download[number] ?? 0 }
    return sessionOf(details, counters, this.#lastMovedMs[number] ?? 0)
  }

  /** @returns the session's number, a new one where it has none */
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
   * Where the segment has a session as it was before it grew, it grows there too.
   * @param place of the session in the growth
   * @param places of the growth's columns
   * @returns its number; `undefined` where it has to be told whole
   */
  grow(growth: Growth, place: number, places: Int32Array, steadyMs: number): number | undefined {
    const { columns } = growth
    const there = growth.numbers[place] ?? -1
    const details = columns.details[there]
    if (!details) throw new RangeError(`no session has number ${there}`)
    const likely = places[there] ?? 0
    const number = this.#details[likely] === details ? likely : (this.#numbers.get(details.id) ?? -1)
    const upload = columns.upload[there] ?? 0
    const download = columns.download[there] ?? 0
    if (this.#upload[number] !== upload || this.#download[number] !== download) return undefined
    const last = this.#details[number]
    if (!last || (last !== details && !isSameDetails(last, details))) return undefined
    places[there] = number
    this.#details[number] = details
    this.#upload[number] = upload + (growth.upload[place] ?? 0)
    this.#download[number] = download + (growth.download[place] ?? 0)
    this.#lastMovedMs[number] = steadyMs
    return number
  }

  /** A session that ended is not heard of again. */
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

/** The reader's side: by number. */
export type ReadSessions = Map<number, Session>
