/**
 * A reading on its way to the client: what was true at `atMs`, of the subscribers with a number `below` that one. It
 * counts once all of its replies are handed over.
 */
export interface PendingReading {
  readonly atMs: number
  readonly below: number
  /** Who has left since: they are in it all the same. */
  readonly left: Set<number>
}

/**
 * Which complete reading of a service was the last to have each subscriber. Numbers are given out in the order of
 * logins, and everybody on is in every reading: so one number and one instant tell it for all of them.
 */
export class Readings {
  #last: { readonly atMs: number; readonly below: number } = { atMs: Number.NEGATIVE_INFINITY, below: 0 }
  readonly #pending = new Set<PendingReading>()
  /** Of who has left; `undefined` where no reading ever had them. */
  readonly #lastOf = new Map<number, number | undefined>()

  get lastMs(): number {
    return this.#last.atMs
  }

  begin(atMs: number, below: number): PendingReading {
    const pending = { atMs, below, left: new Set<number>() }
    this.#pending.add(pending)
    return pending
  }

  /** All of its replies were handed over. */
  complete(pending: PendingReading): void {
    if (!this.#pending.delete(pending)) return
    for (const number of pending.left) if (number < pending.below) this.#lastOf.set(number, pending.atMs)
    if (pending.atMs > this.#last.atMs) this.#last = pending
  }

  /** It never got there whole. */
  drop(pending: PendingReading): void {
    this.#pending.delete(pending)
  }

  leave(number: number): void {
    this.#lastOf.set(number, this.#lastOnline(number))
    for (const pending of this.#pending) pending.left.add(number)
  }

  /** When the last reading that had the subscriber was true; `undefined` where none did. */
  lastWith(number: number): number | undefined {
    return this.#lastOf.has(number) ? this.#lastOf.get(number) : this.#lastOnline(number)
  }

  #lastOnline(number: number): number | undefined {
    return number < this.#last.below ? this.#last.atMs : undefined
  }
}
