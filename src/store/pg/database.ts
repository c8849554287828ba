import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres'
import type { Pool } from 'pg'
import { type Layout, layoutOf } from '../schema/layout.ts'
import { type ConnectionOptions, openPool } from './pool.ts'

const STATEMENT_MS = 60_000

/** PostgreSQL through one pool: drizzle for most statements, `pool` for those that are sent thousands of times. */
export class Database {
  readonly pool: Pool
  readonly orm: NodePgDatabase
  /** Breaks off all queries, now and later. */
  readonly cutOff: () => void
  /** Waits for the queries under way. May be called again. */
  readonly stop: () => Promise<void>
  #layout: Layout | undefined

  /** Connects with the first query. */
  constructor(options: ConnectionOptions) {
    // A commit sends several statements at once.
    const { pool, cutOff, end } = openPool({ ...options, statementMs: STATEMENT_MS, isPipeline: true })
    this.pool = pool
    this.cutOff = cutOff
    this.stop = end
    this.orm = drizzle(this.pool)
  }

  /** Whether its tables are distributed; `false` as long as nobody has asked for the layout. */
  get isDistributed(): boolean {
    return this.#layout === 'distributed'
  }

  /** The layout of its tables, which are there, as it was when somebody first asked, or asked after `forgetLayout`. */
  async layout(): Promise<Layout> {
    this.#layout ??= await layoutOf(this.pool)
    return this.#layout
  }

  /** Called after a failure, because the tables may have been distributed meanwhile. */
  forgetLayout(): void {
    this.#layout = undefined
  }
}
