import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres'
import type { Pool } from 'pg'
import { type ConnectionOptions, openPool } from './pool.ts'

const STATEMENT_MS = 60_000

/** Postgres through one pool: drizzle for most, `pool` for what is asked thousands of times. */
export class Database {
  readonly pool: Pool
  readonly orm: NodePgDatabase

  /** Connects when it is first asked. */
  constructor(options: ConnectionOptions) {
    // A commit asks several things at once.
    this.pool = openPool({ ...options, statementMs: STATEMENT_MS, isPipeline: true })
    this.orm = drizzle(this.pool)
  }

  /** Waits for what is under way. */
  async stop(): Promise<void> {
    await this.pool.end()
  }
}
