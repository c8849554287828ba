import type { BenchPostgres } from './bench-postgres.ts'

/** Numbers of row updates, and of those that changed no index. */
interface Updates {
  readonly all: number
  readonly heapOnly: number
}

/** The share of heap-only updates: for sessions' rows, and for all rows that commits write. */
export class HeapOnly {
  readonly #postgres: BenchPostgres
  #before: ReadonlyMap<string, Updates> = new Map()

  constructor(postgres: BenchPostgres) {
    this.#postgres = postgres
  }

  /** Starts counting. */
  async begin(): Promise<void> {
    this.#before = await this.#read()
  }

  async shares(): Promise<{ readonly sessions: number; readonly all: number }> {
    const now = await this.#read()
    const since = Array.from(now, ([table, updates]) => {
      const before = this.#before.get(table)
      const all = updates.all - (before?.all ?? 0)
      return { table, all, heapOnly: updates.heapOnly - (before?.heapOnly ?? 0) }
    })
    return { sessions: shareOf(since.filter(it => it.table === 'user_sessions')), all: shareOf(since) }
  }

  async #read(): Promise<ReadonlyMap<string, Updates>> {
    await this.#postgres.flushStatistics()
    const { rows } = await this.#postgres.database.pool.query<{ relname: string; all: string; hot: string }>(
      `select relname, n_tup_upd as all, n_tup_hot_upd as hot from pg_stat_user_tables
       where relname in ('user_sessions', 'usage_daily', 'tenant_usage_daily', 'routers')
         or relname like 'session\\_deltas\\_%'`,
    )
    return new Map(
      rows.map(({ relname, all, hot }) => [relname, { all: Number(all), heapOnly: Number(hot) }]),
    )
  }
}

function shareOf(updates: readonly Updates[]): number {
  const all = updates.reduce((sum, it) => sum + it.all, 0)
  return updates.reduce((sum, it) => sum + it.heapOnly, 0) / all
}
