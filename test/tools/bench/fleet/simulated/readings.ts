/**
 * A reading on its way to the client: the truth at `atMs`, for subscribers with a number below `below`. It counts once
 * all of its replies are handed over.
 */
export interface PendingReading {
  readonly atMs: number
  readonly below: number
  /** Subscribers who have left since; they are still in the reading. */
  readonly left: Set<number>
}

const NO_READING: PendingReading = { atMs: Number.NEGATIVE_INFINITY, below: 0, left: new Set() }

interface Doubt {
  readonly last: PendingReading
  readonly takenMs: number | undefined
}

/**
 * Remembers the last complete reading with each subscriber. Numbers follow the order of logins, and everybody online is
 * in every reading, so one number and one instant suffice for all of them.
 */
export class Readings {
  #last: PendingReading = NO_READING
  /** The last one whose client asked again on the same connection. */
  #taken: PendingReading = NO_READING
  readonly #pending = new Set<PendingReading>()
  /** When a reading last had a subscriber who has left; `undefined` if none ever did. */
  readonly #lastOf = new Map<number, number | undefined>()
  /** Subscribers who left when their last reading was not known to be taken. */
  readonly #doubted = new Map<number, Doubt>()

  get lastMs(): number {
    return this.#last.atMs
  }

  begin(atMs: number, below: number): PendingReading {
    const pending = { atMs, below, left: new Set<number>() }
    this.#pending.add(pending)
    return pending
  }

  /** Called when all of its replies were handed over. */
  complete(pending: PendingReading): void {
    if (!this.#pending.delete(pending)) return
    for (const number of pending.left)
      if (number < pending.below) {
        this.#lastOf.set(number, pending.atMs)
        this.#doubt(number, pending)
      }
    if (pending.atMs > this.#last.atMs) this.#last = pending
  }

  /** Called when the client asks again on the same connection: it has read all replies of the complete reading. */
  take(reading: PendingReading): void {
    if (reading.atMs > this.#taken.atMs) this.#taken = reading
    for (const [number, { last }] of this.#doubted) if (last === reading) this.#doubted.delete(number)
  }

  /**
   * Subscribers who left after a reading whose client may have closed the connection before it had read all of it, by
   * number, with the time of their last reading that was taken, `undefined` if there was none.
   */
  *doubted(): Generator<readonly [number: number, takenMs: number | undefined]> {
    for (const [number, { takenMs }] of this.#doubted) yield [number, takenMs]
  }

  /** Called if it did not arrive whole. */
  drop(pending: PendingReading): void {
    this.#pending.delete(pending)
  }

  leave(number: number): void {
    this.#lastOf.set(number, this.#lastOnline(number))
    if (number < this.#last.below) this.#doubt(number, this.#last)
    for (const pending of this.#pending) pending.left.add(number)
  }

  /** The time of the last reading with the subscriber; `undefined` if there was none. */
  lastWith(number: number): number | undefined {
    return this.#lastOf.has(number) ? this.#lastOf.get(number) : this.#lastOnline(number)
  }

  #doubt(number: number, last: PendingReading): void {
    if (last === this.#taken) return
    const takenMs = number < this.#taken.below ? this.#taken.atMs : undefined
    this.#doubted.set(number, { last, takenMs: this.#doubted.get(number)?.takenMs ?? takenMs })
  }

  #lastOnline(number: number): number | undefined {
    return number < this.#last.below ? this.#last.atMs : undefined
  }
}
