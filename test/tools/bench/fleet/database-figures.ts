import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'

const TABLES = ['user_sessions', 'session_deltas', 'usage_daily', 'tenant_usage_daily', 'ledger_events']

/** Longer than the time between two moves on a busy machine, and than the time until loads are read again. */
const SETTLED_MS = 30_000
const LOOK_EVERY_MS = 1_000

/** Queries about the database while it is measured, on a separate connection. */
export class DatabaseFigures {
  readonly #client: Client

  constructor(databaseUrl: string) {
    this.#client = new Client({ connectionString: databaseUrl })
  }

  async start(): Promise<void> {
    await this.#client.connect()
  }

  async stop(): Promise<void> {
    await this.#client.end()
  }

  /** Bytes of write-ahead log since the cluster was created. */
  walBytes(): Promise<number> {
    return this.#number(`select pg_current_wal_lsn() - '0/0' as value`)
  }

  /** Age of the oldest router's last committed reading, in milliseconds. */
  async oldestCommitMs(): Promise<number> {
    return this.#number(
      'select extract(epoch from clock_timestamp() - min(last_reading_at)) * 1000 as value from routers',
    )
  }

  /** Number of routers that each daemon has, by its id; without those that are on their way to another one. */
  async routersByDaemon(): Promise<ReadonlyMap<string, number>> {
    const { rows } = await this.#client.query<{ owner: string; routers: number }>(
      `select owner, count(*)::int as routers from router_leases where owner is not null and not is_offered
       group by owner order by owner`,
    )
    return new Map(rows.map(({ owner, routers }) => [owner, routers]))
  }

  /** The id of the daemon that has each router, by `tenant/router`. */
  async readers(): Promise<ReadonlyMap<string, string>> {
    const { rows } = await this.#client.query<{ router: string; owner: string }>(
      `select tenant_id || '/' || router_id as router, owner from router_leases where owner is not null`,
    )
    return new Map(rows.map(({ router, owner }) => [router, owner]))
  }

  /**
   * Waits until so many daemons have all routers, and each has had the same number for a while.
   * @returns whether it was in time
   */
  async untilSettled(daemons: number, withinMs: number, signal: AbortSignal): Promise<boolean> {
    const untilMs = performance.now() + withinMs
    let seen = ''
    let sinceMs = performance.now()
    while (performance.now() < untilMs) {
      const parts = await this.routersByDaemon()
      const moving = await this.#number('select count(*) as value from router_leases where is_offered')
      const now = JSON.stringify([...parts])
      if (now !== seen || moving > 0) sinceMs = performance.now()
      seen = now
      if (parts.size === daemons && performance.now() - sinceMs > SETTLED_MS) return true
      await sleep(LOOK_EVERY_MS, undefined, { signal })
    }
    return false
  }

  /** Number of routers without a committed reading since then. */
  uncommitted(since: Date): Promise<number> {
    return this.#number(
      `select count(*) as value from routers where last_reading_at is null or last_reading_at < '${since.toISOString()}'`,
    )
  }

  /** Bytes of each table including its partitions and indexes. */
  async tableBytes(): Promise<ReadonlyMap<string, number>> {
    const bytes = new Map<string, number>()
    for (const table of TABLES)
      bytes.set(
        table,
        await this.#number(
          `select sum(pg_total_relation_size(it)) as value
             from (select '${table}'::regclass as it
                   union all select inhrelid from pg_inherits where inhparent = '${table}'::regclass) as parts`,
        ),
      )
    return bytes
  }

  async #number(statement: string): Promise<number> {
    const { rows } = await this.#client.query<{ value: string | number | null }>(statement)
    return Number(rows[0]?.value ?? Number.NaN)
  }
}
