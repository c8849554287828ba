import type { Clock } from './clock.ts'
import { type Rate, RateLimit } from './rate-limit.ts'

/** Who was not seen for longest is forgotten first; so many take some 2 MB. */
const MOST_ADDRESSES = 10_000

/** How often each address does something, for as many addresses as are remembered. */
export class AddressRates {
  readonly #rate: Rate
  readonly #clock: Clock
  readonly #most: number
  /** The one that was seen last is the last. */
  readonly #limits = new Map<string, RateLimit>()

  constructor(options: { readonly rate: Rate; readonly clock: Clock; readonly most?: number }) {
    this.#rate = options.rate
    this.#clock = options.clock
    this.#most = options.most ?? MOST_ADDRESSES
  }

  /** Addresses that are remembered. */
  get size(): number {
    return this.#limits.size
  }

  /** @returns whether the address may do it once more now */
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
