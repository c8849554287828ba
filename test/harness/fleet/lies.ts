import { type Bytes, NO_BYTES } from '../../../src/accounting/bytes.ts'
import { type Lie, Telling } from './lie.ts'
import type { SimulatedSession } from './session.ts'
import type { CarriedReading } from './truth.ts'

interface Seen {
  readonly firstMs: number
  /** In the last true reading. */
  readonly counters: Bytes
  /** The last reading with a lie. */
  readonly liedMs: number | undefined
  readonly isTrue: boolean
}

/** The lies of a router: one at a time per session, with at least one true reading between two of them. */
export class Lies {
  readonly #telling = new Map<SimulatedSession, Telling>()
  readonly #seen = new Map<SimulatedSession, Seen>()
  readonly #noted = new WeakSet<CarriedReading['lies']>()

  of(session: SimulatedSession): Telling | undefined {
    return this.#telling.get(session)
  }

  /** Since when true readings have had the session; `undefined` if none did, or the last one or the next one lies. */
  trueSinceMs(session: SimulatedSession): number | undefined {
    const seen = this.#seen.get(session)
    if (!seen?.isTrue || this.#telling.has(session)) return undefined
    return seen.liedMs ?? seen.firstMs
  }

  /** @throws RangeError if another lie about the session is not over */
  tell(session: SimulatedSession, lie: Lie): Telling {
    if (this.#telling.has(session)) throw new RangeError('one lie at a time')
    const telling = new Telling(lie, this.#seen.get(session)?.counters ?? NO_BYTES)
    this.#telling.set(session, telling)
    return telling
  }

  /** Ends every lie. The next reading of each session is true, as if all had been lied about. */
  end(nowMs: number): void {
    this.#telling.clear()
    for (const [session, seen] of this.#seen)
      this.#seen.set(session, { ...seen, liedMs: nowMs, isTrue: false })
  }

  /** Records a reading once. More of a PPP reading can become known when the server menus answer. */
  note({ shown, lies, atMs }: CarriedReading): void {
    const isKnown = this.#noted.has(lies)
    this.#noted.add(lies)
    for (const [session, lie] of lies) {
      if (!isKnown) lie.tell()
      if (lie.isOver && this.#telling.get(session) === lie) this.#telling.delete(session)
      const seen = this.#seen.get(session)
      const known = { firstMs: seen?.firstMs ?? atMs, counters: seen?.counters ?? NO_BYTES }
      this.#seen.set(session, { ...known, liedMs: atMs, isTrue: false })
    }
    for (const [session, { counters }] of shown) {
      if (lies.has(session)) continue
      this.#telling.get(session)?.comesAfter(counters)
      const seen = this.#seen.get(session)
      this.#seen.set(session, {
        ...{ firstMs: seen?.firstMs ?? atMs, counters, liedMs: seen?.liedMs, isTrue: true },
      })
    }
  }
}
