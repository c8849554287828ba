import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres'
import type { Pool } from 'pg'
import { type ConnectionOptions, openPool } from './pool.ts'

const STATEMENT_MS = 60_000

/** Postgres through one pool: drizzle for most, `pool` for what is asked thousands of times. */
export class Database {
  readonly pool: Pool
  readonly orm: NodePgDatabase
  /** Breaks off all that is asked of it, now or later. */
  readonly cutOff: () => void
  /** Waits for what is under way. May be called again. */
  readonly stop: () => Promise<void>

  /** Connects when it is first asked. */
  constructor(options: ConnectionOptions) {
    // A commit asks several things at once.
    const { pool, cutOff, end } = openPool({ ...options, statementMs: STATEMENT_MS, isPipeline: true })
    this.pool = pool
    this.cutOff = cutOff
    this.stop = end
    this.orm = drizzle(this.pool)
  }
}
