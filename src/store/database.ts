import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres'
import { Pool } from 'pg'
import { errorFields, type Logger } from '../runtime/logger.ts'

export interface DatabaseOptions {
  readonly url: string
  readonly log: Logger
  /** `DAEMON_NAME` for the daemon, and something else for all others. */
  readonly applicationName: string
  /** How many connections at the most. */
  readonly connections: number
}

const CONNECT_MS = 10_000
/** No statement of ours takes as long, so that a lock or a sick disk is an error and not a silence. */
const STATEMENT_MS = 60_000
/** A paused daemon's snapshot keeps vacuum waiting no longer; what writes has a shorter one (`inTransaction`). */
const IDLE_IN_TRANSACTION_MS = 60_000
/** For a connection that died without a word: longer than the server's own limit. */
const ANSWER_MS = 90_000

/** Postgres through one pool: drizzle for most, `pool` for what is asked thousands of times. */
export class Database {
  readonly pool: Pool
  readonly orm: NodePgDatabase

  /** Connects when it is first asked. */
  constructor({ url, log, applicationName, connections }: DatabaseOptions) {
    this.pool = new Pool({
      connectionString: url,
      application_name: applicationName,
      max: connections,
      connectionTimeoutMillis: CONNECT_MS,
      statement_timeout: STATEMENT_MS,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
      query_timeout: ANSWER_MS,
      // A commit asks several things at once, each of which is sent without waiting for the answers before it.
      pipeline: true,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
    })
    // A server that goes away breaks idle connections too; whoever asks next gets a new one, or an error to act on.
    this.pool.on('error', error => log.warn({ err: errorFields(error) }, 'an idle database connection broke'))
    // While a connection is lent out its errors are not the pool's, and nobody's would end the process. The query
    // under way rejects with it.
    this.pool.on('connect', client => client.on('error', () => {}))
    this.orm = drizzle(this.pool)
  }

  /** Waits for what is under way. */
  async stop(): Promise<void> {
    await this.pool.end()
  }
}
