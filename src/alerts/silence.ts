import type { RouterKey } from '../accounting/ids.ts'

/** A router that is read here, as whoever reads it knows. */
export interface RouterSight {
  readonly key: RouterKey
  /** Absent before the first one of this process. */
  readonly lastReadingAt: Date | undefined
}

interface Watched {
  readonly lastReadingAt: number | undefined
  readonly sinceMs: number
}

/**
 * For how long routers have told nothing new, by the steady clock alone: a wall clock that is set makes no router
 * silent. Counts from when a router was first looked at, and anew after a time in which nobody looked.
 */
export class Silences {
  readonly #watched = new Map<RouterKey, Watched>()
  #lookedAtMs = Number.NEGATIVE_INFINITY

  /**
   * @param routers all there are; others are forgotten
   * @param nowMs by the steady clock
   * @param withinMs a look that comes later than this after the one before finds all routers as if for the first time
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
   * How long the router had been silent at the last look, in milliseconds: 0 for one that was read since, `undefined`
   * for one that was not there.
   */
  of({ key, lastReadingAt }: RouterSight): number | undefined {
    const watched = this.#watched.get(key)
    if (!watched) return undefined
    return watched.lastReadingAt === lastReadingAt?.getTime() ? this.#lookedAtMs - watched.sinceMs : 0
  }
}
