import type { Clock } from './clock.ts'
import { type Rate, RateLimit } from './rate-limit.ts'

/** Takes about 2 MB. */
const MOST_ADDRESSES = 10_000

/** A rate for each address, in bounded memory: beyond the limit the address seen least recently is forgotten. */
export class AddressRates {
  readonly #rate: Rate
  readonly #clock: Clock
  readonly #most: number
  /** In the order in which they were last seen. */
  readonly #limits = new Map<string, RateLimit>()

  constructor(options: { readonly rate: Rate; readonly clock: Clock; readonly most?: number }) {
    this.#rate = options.rate
    this.#clock = options.clock
    this.#most = options.most ?? MOST_ADDRESSES
  }

  /** Number of addresses in memory. */
  get size(): number {
    return this.#limits.size
  }

  /** Counts one more. @returns whether the address is within its rate */
  take(address: string): boolean {
    const nowMs = this.#clock.steadyMs()
    const limit = this.#limits.get(address) ?? new RateLimit(this.#rate, nowMs)
    this.#limits.delete(address)
    this.#limits.set(address, limit)
    if (this.#limits.size > this.#most) this.#forgetOldest()
    return limit.take(nowMs)
  }

  #forgetOldest(): void {
    for (const address of this.#limits.keys()) {
      this.#limits.delete(address)
      return
    }
  }
}
