import type { Shown } from './screens.ts'

/**
 * The age of numbers when they arrive at a dashboard: from a router's reading, which is its `last_reading_at`, to the
 * arrival of the first snapshot with it. Readings that are replaced before a snapshot shows them have no age.
 */
export class Ages {
  readonly #readerOf: (tenant: string, router: string) => number | undefined
  /** What each daemon showed last, by daemon and router. */
  readonly #last = new Map<string, string>()
  /** When each reading arrived, by daemon. */
  readonly #arrivals = new Map<string, { readonly readMs: number; readonly byDaemon: Map<number, number> }>()
  #isMeasuring = false

  /** @param readerOf returns the place of the daemon that reads a router */
  constructor(readerOf: (tenant: string, router: string) => number | undefined) {
    this.#readerOf = readerOf
  }

  begin(): void {
    this.#isMeasuring = true
  }

  end(): void {
    this.#isMeasuring = false
  }

  take({ tenant, daemon, arrivedMs, routers }: Shown): void {
    for (const { id, last_reading_at: readAt } of routers) {
      const place = `${daemon}/${tenant}/${id}`
      if (readAt === null || this.#last.get(place) === readAt) continue
      this.#last.set(place, readAt)
      if (!this.#isMeasuring) continue
      const key = `${tenant}/${id}/${readAt}`
      const known = this.#arrivals.get(key) ?? { readMs: Date.parse(readAt), byDaemon: new Map() }
      known.byDaemon.set(daemon, arrivedMs)
      this.#arrivals.set(key, known)
    }
  }

  /** Ages at the daemon that reads the router, ages at the others, and how much later it is there, in milliseconds. */
  get figures(): { readonly here: number[]; readonly elsewhere: number[]; readonly later: number[] } {
    const figures = { here: [] as number[], elsewhere: [] as number[], later: [] as number[] }
    for (const [key, { readMs, byDaemon }] of this.#arrivals) {
      const [tenant = '', router = ''] = key.split('/')
      const reader = this.#readerOf(tenant, router)
      const hereMs = reader === undefined ? undefined : byDaemon.get(reader)
      for (const [daemon, arrivedMs] of byDaemon) {
        if (daemon === reader) figures.here.push(arrivedMs - readMs)
        else figures.elsewhere.push(arrivedMs - readMs)
        if (daemon !== reader && hereMs !== undefined) figures.later.push(arrivedMs - hereMs)
      }
    }
    return figures
  }
}
