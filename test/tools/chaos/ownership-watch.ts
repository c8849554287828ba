import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'

/** A router that passed from one daemon to another. */
export interface Takeover {
  readonly router: string
  readonly from: string
  readonly to: string
  readonly atMs: number
  /** `released`: all was committed before. `expired`: uncommitted readings are lost, except in open sessions. */
  readonly kind: 'released' | 'expired'
  /** All readings before that are committed. */
  readonly committedMs: number
}

interface Row {
  readonly router: string
  readonly owner: string | null
  readonly expires_ms: string | null
  readonly committed_ms: string | null
}

interface Seen {
  readonly owner: string | null
  readonly expiresMs: number
  readonly committedMs: number
}

const LOOK_EVERY_MS = 200

const LOOK = `select r.id as router, l.owner,
    case when l.expires_at = '-infinity' then 0 else extract(epoch from l.expires_at) * 1000 end as expires_ms,
    extract(epoch from (select min(reading_at) from router_services as s
      where s.tenant_id = r.tenant_id and s.router_id = r.id)) * 1000 as committed_ms
  from routers as r left join router_leases as l on l.tenant_id = r.tenant_id and l.router_id = r.id`

/** Follows in the database who owns which router, and up to when its readings are committed. */
export class OwnershipWatch {
  readonly takeovers: Takeover[] = []
  readonly #url: string
  readonly #seen = new Map<string, Seen>()
  readonly #abort = new AbortController()
  #loop: Promise<void> = Promise.resolve()

  constructor(url: string) {
    this.#url = url
  }

  start(): void {
    this.#loop = this.#watch(this.#abort.signal)
  }

  async stop(): Promise<void> {
    this.#abort.abort()
    await this.#loop
  }

  /** The owner of any router, as named in the database. */
  get anyOwner(): string | undefined {
    return [...this.#seen.values()].find(({ owner }) => owner !== null)?.owner ?? undefined
  }

  /** All readings of the router before that moment are committed; 0 if none are. */
  committedMs(router: string): number {
    return this.#seen.get(router)?.committedMs ?? 0
  }

  async #watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const client = new Client({
        ...{ connectionString: this.#url, connectionTimeoutMillis: 2_000, query_timeout: 10_000 },
      })
      client.on('error', () => {}) // The query under way rejects with the same error.
      try {
        await client.connect()
        while (!signal.aborted) {
          this.#take((await client.query<Row>(LOOK)).rows)
          await sleep(LOOK_EVERY_MS)
        }
      } catch {
        // The database is down or hangs, which is one of the faults.
        await sleep(LOOK_EVERY_MS)
      } finally {
        await Promise.race([client.end().catch(() => {}), sleep(1_000)])
      }
    }
  }

  #take(rows: readonly Row[]): void {
    const atMs = Date.now()
    for (const { router, owner, expires_ms, committed_ms } of rows) {
      const before = this.#seen.get(router)
      const seen = { owner, expiresMs: Number(expires_ms ?? 0), committedMs: Number(committed_ms ?? 0) }
      this.#seen.set(router, seen)
      if (!before?.owner || !owner || before.owner === owner) continue
      // A lease that had not expired can only have been released.
      const kind = before.expiresMs === 0 || before.expiresMs > atMs ? 'released' : 'expired'
      this.takeovers.push({
        ...{ router, from: before.owner, to: owner, atMs, kind },
        committedMs: before.committedMs,
      })
    }
  }
}
