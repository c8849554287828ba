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

/**
 * Remembers the last complete reading with each subscriber. Numbers follow the order of logins, and everybody online is
 * in every reading, so one number and one instant suffice for all of them.
 */
export class Readings {
  #last: { readonly atMs: number; readonly below: number } = { atMs: Number.NEGATIVE_INFINITY, below: 0 }
  readonly #pending = new Set<PendingReading>()
  /** When a reading last had a subscriber who has left; `undefined` if none ever did. */
  readonly #lastOf = new Map<number, number | undefined>()

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
    for (const number of pending.left) if (number < pending.below) this.#lastOf.set(number, pending.atMs)
    if (pending.atMs > this.#last.atMs) this.#last = pending
  }

  /** Called if it did not arrive whole. */
  drop(pending: PendingReading): void {
    this.#pending.delete(pending)
  }

  leave(number: number): void {
    this.#lastOf.set(number, this.#lastOnline(number))
    for (const pending of this.#pending) pending.left.add(number)
  }

  /** The time of the last reading with the subscriber; `undefined` if there was none. */
  lastWith(number: number): number | undefined {
    return this.#lastOf.has(number) ? this.#lastOf.get(number) : this.#lastOnline(number)
  }

  #lastOnline(number: number): number | undefined {
    return number < this.#last.below ? this.#last.atMs : undefined
  }
}
