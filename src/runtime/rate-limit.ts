/** How often something may happen: `atOnce` times at once, and `perSecond` times a second after that. */
export interface Rate {
  readonly atOnce: number
  readonly perSecond: number
}

/** A rate with as many times at once as in each second. */
export function perSecond(times: number): Rate {
  return { atOnce: times, perSecond: times }
}

/** A token bucket. It is full at first. */
export class RateLimit {
  readonly #atOnce: number
  readonly #perSecond: number
  #left: number
  #filledAtMs: number

  constructor({ atOnce, perSecond }: Rate, nowMs: number) {
    this.#atOnce = atOnce
    this.#perSecond = perSecond
    this.#left = atOnce
    this.#filledAtMs = nowMs
  }

  /** Takes one. @returns false if none is left */
  take(nowMs: number): boolean {
    this.#fill(nowMs)
    if (this.#left < 1) return false
    this.#left -= 1
    return true
  }

  /** Whole seconds until one is left; 0 if one is left now. */
  secondsToNext(nowMs: number): number {
    this.#fill(nowMs)
    return Math.max(0, Math.ceil((1 - this.#left) / this.#perSecond))
  }

  #fill(nowMs: number): void {
    const filled = ((nowMs - this.#filledAtMs) / 1000) * this.#perSecond
    this.#left = Math.min(this.#atOnce, this.#left + filled)
    this.#filledAtMs = nowMs
  }
}
