import { Pool } from 'pg'
import { errorFields, type Logger } from '../../runtime/logger.ts'
import { Sockets } from './sockets.ts'

/** Whose connections they are, and how many. */
export interface ConnectionOptions {
  readonly url: string
  readonly log: Logger
  /** `DAEMON_NAME` for the daemon, and something else for all others. */
  readonly applicationName: string
  /** How many connections at the most. */
  readonly connections: number
}

export interface PoolOptions extends ConnectionOptions {
  /** No statement of its users takes as long, so that a lock or a sick disk is an error and not a silence. */
  readonly statementMs: number
  /**
   * Whether what is asked at once is sent without waiting for the answers before it. A connection of this kind can't be
   * broken off while something is asked.
   */
  readonly isPipeline: boolean
}

/** For one that is free, too. */
const CONNECT_MS = 10_000
/** A connection that died without a word is told by it: longer than the server's own limit. */
const MORE_MS = 30_000
/** A paused daemon's snapshot keeps vacuum waiting no longer; what writes has a shorter one (`inTransaction`). */
const IDLE_IN_TRANSACTION_MS = 60_000

export interface OpenedPool {
  readonly pool: Pool
  /** Breaks off all that is asked of it, now or later, whatever the server does. */
  readonly cutOff: () => void
  /** Waits for what is under way, and closes all connections. May be called again. */
  readonly end: () => Promise<void>
}

/** Connects when it is first asked. */
export function openPool(options: PoolOptions): OpenedPool {
  const { url, log, applicationName, connections, statementMs, isPipeline } = options
  const sockets = new Sockets()
  const pool = new Pool({
    connectionString: url,
    stream: sockets.make,
    application_name: applicationName,
    max: connections,
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: statementMs,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    query_timeout: statementMs + MORE_MS,
    pipeline: isPipeline,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  })
  // A server that goes away breaks idle connections too; whoever asks next gets a new one, or an error to act on.
  pool.on('error', error => {
    if (!sockets.areCut) log.warn({ err: errorFields(error) }, 'an idle database connection broke')
  })
  // While a connection is lent out its errors are not the pool's, and nobody's would end the process. The query
  // under way rejects with it.
  pool.on('connect', client => client.on('error', () => {}))
  let ending: Promise<void> | undefined
  const end = () => {
    ending ??= pool.end()
    return ending
  }
  return { pool, cutOff: () => sockets.cut(), end }
}
