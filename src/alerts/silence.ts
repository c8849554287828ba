import type { RouterKey } from '../accounting/ids.ts'

/** A router that is read here, with its last reading. */
export interface RouterSight {
  readonly key: RouterKey
  /** `undefined` before the first reading of this process. */
  readonly lastReadingAt: Date | undefined
}

interface Watched {
  readonly lastReadingAt: number | undefined
  readonly sinceMs: number
}

/**
 * Measures for how long routers had no new reading. Uses only the steady clock, so changes of the wall clock do not
 * matter. Counting begins at the first look at a router, and begins again after a gap between looks.
 */
export class Silences {
  readonly #watched = new Map<RouterKey, Watched>()
  #lookedAtMs = Number.NEGATIVE_INFINITY

  /**
   * @param routers all routers; others are forgotten
   * @param nowMs by the steady clock
   * @param withinMs a look later than this after the previous one starts over for all routers
   */
  look(routers: Iterable<RouterSight>, nowMs: number, withinMs: number): void {
    if (nowMs - this.#lookedAtMs > withinMs) this.#watched.clear()
    this.#lookedAtMs = nowMs
    const seen = new Set<RouterKey>()
    for (const { key, lastReadingAt } of routers) {
      seen.add(key)
      const known = this.#watched.get(key)
      const readAt = lastReadingAt?.getTime()
      if (!known || known.lastReadingAt !== readAt)
        this.#watched.set(key, { lastReadingAt: readAt, sinceMs: nowMs })
    }
    for (const key of this.#watched.keys()) if (!seen.has(key)) this.#watched.delete(key)
  }

  /**
   * How long the router had been silent at the last look, in milliseconds: 0 if it was read since, `undefined` if it
   * is unknown.
   */
  of({ key, lastReadingAt }: RouterSight): number | undefined {
    const watched = this.#watched.get(key)
    if (!watched) return undefined
    return watched.lastReadingAt === lastReadingAt?.getTime() ? this.#lookedAtMs - watched.sinceMs : 0
  }
}
