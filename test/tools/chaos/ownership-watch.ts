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
  readonly epoch: string | null
  readonly is_offered: boolean | null
  readonly expires_ms: string | null
}

interface CommittedRow {
  readonly router: string
  readonly committed_ms: string
}

interface Seen {
  readonly owner: string | null
  readonly expiresMs: number
  readonly committedMs: number
}

const LOOK_EVERY_MS = 200

const LEASES = `select r.id as router, l.owner, l.epoch, l.is_offered,
    case when l.expires_at = '-infinity' then 0 else extract(epoch from l.expires_at) * 1000 end as expires_ms
  from routers as r left join router_leases as l on l.tenant_id = r.tenant_id and l.router_id = r.id`
/** Apart, because a cluster joins no local table with a distributed one. */
const COMMITTED = `select router_id as router, extract(epoch from min(reading_at)) * 1000 as committed_ms
  from router_services group by tenant_id, router_id`

/** Follows in the database who owns which router, and up to when its readings are committed. */
export class OwnershipWatch {
  readonly takeovers: Takeover[] = []
  /** What must never be: two daemons that could commit one router. */
  readonly faults: string[] = []
  /** Who had a router's lease at each epoch. */
  readonly #holders = new Map<string, string>()
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
          // Before the leases: what is committed later is not missing.
          const committed = await client.query<CommittedRow>(COMMITTED)
          this.#take((await client.query<Row>(LEASES)).rows, committed.rows)
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

  #noteHolder(lease: string, owner: string): void {
    const before = this.#holders.get(lease)
    if (before !== undefined && before !== owner) this.faults.push(`${before} and ${owner} had ${lease}`)
    this.#holders.set(lease, owner)
  }

  #take(rows: readonly Row[], committed: readonly CommittedRow[]): void {
    const atMs = Date.now()
    const committedMs = new Map(committed.map(it => [it.router, Number(it.committed_ms)]))
    for (const { router, owner, epoch, is_offered, expires_ms } of rows) {
      if (owner && !is_offered) this.#noteHolder(`${router} at epoch ${epoch}`, owner)
      const before = this.#seen.get(router)
      const seen = { owner, expiresMs: Number(expires_ms ?? 0), committedMs: committedMs.get(router) ?? 0 }
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

/** The largest load of a daemon, as a part of the load of all. A router counts as 20 sessions, as where it is assigned. */
export async function largestLoad(url: string): Promise<number> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<{ part: number | null }>(
      `select (max(load) / sum(load))::float8 as part from
         (select sum(l.sessions + 20) as load from router_leases as l
            join routers as r on r.tenant_id = l.tenant_id and r.id = l.router_id
          where r.removed_at is null group by l.owner) as loads`,
    )
    return rows[0]?.part ?? Number.POSITIVE_INFINITY
  } finally {
    await client.end()
  }
}
