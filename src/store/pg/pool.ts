import { Pool } from 'pg'
import { errorFields, type Logger } from '../../runtime/logger.ts'
import { clientOf, Hosts } from './hosts.ts'
import type { Installation } from './installation.ts'
import { Sockets } from './sockets.ts'

/** How to connect, and how often. */
export interface ConnectionOptions extends Installation {
  readonly log: Logger
  /** `DAEMON_NAME` for the daemon, and another name for everything else. */
  readonly applicationName: string
  /** The greatest number of connections. */
  readonly connections: number
}

export interface PoolOptions extends ConnectionOptions {
  /** The hosts of the URL; by default the pool has its own, and connects to the one that takes writes. */
  readonly hosts?: Hosts
  /** The timeout of statements, longer than any should take: a lock or a bad disk then causes an error, not a hang. */
  readonly statementMs: number
  /**
   * Whether statements are sent without waiting for earlier answers. Such a connection cannot be broken off during a
   * query.
   */
  readonly isPipeline: boolean
  /** The age at which a connection is closed after its query; by default it is kept. */
  readonly keptSeconds?: number
}

/** The wait for a new connection, and for a free one. */
const CONNECT_MS = 10_000
/** How much longer than the server's own limit we wait, to notice a connection that died silently. */
const MORE_MS = 30_000
/** How long a paused daemon's snapshot can hold up vacuum. Transactions that write have less (`inTransaction`). */
const IDLE_IN_TRANSACTION_MS = 60_000

export interface OpenedPool {
  readonly pool: Pool
  /** Breaks off all queries, now and later, whatever the server does. */
  readonly cutOff: () => void
  /** Waits for the queries under way, and closes all connections. May be called again. */
  readonly end: () => Promise<void>
}

/** Makes a pool, which connects with the first query. */
export function openPool(options: PoolOptions): OpenedPool {
  const { url, schema, log, applicationName, connections, statementMs, isPipeline, keptSeconds = 0 } = options
  const { hosts = new Hosts(url) } = options
  const sockets = new Sockets()
  const limits = { statementMs, idleInTransactionMs: IDLE_IN_TRANSACTION_MS }
  const HostClient = clientOf(hosts, schema, sockets, limits)
  const pool = new Pool({
    Client: HostClient,
    onConnect: async client => {
      if (client instanceof HostClient) await client.setUp()
    },
    application_name: applicationName,
    max: connections,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: statementMs + MORE_MS,
    pipeline: isPipeline,
    maxLifetimeSeconds: keptSeconds,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  })
  // A server that goes away breaks idle connections too. The next query gets a new connection, or an error to act on.
  pool.on('error', error => {
    if (!sockets.areCut) log.warn({ err: errorFields(error) }, 'an idle database connection broke')
  })
  // The pool does not listen for errors of borrowed connections, and without a listener one would end the process. The
  // query under way rejects with it.
  pool.on('connect', client => client.on('error', () => {}))
  let ending: Promise<void> | undefined
  const end = () => {
    ending ??= pool.end()
    return ending
  }
  return { pool, cutOff: () => sockets.cut(), end }
}
