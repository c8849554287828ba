import type { Config } from '../config/config.ts'
import { EmbeddedPostgres } from '../postgres/embedded.ts'
import { ALERTS_NAME, API_NAME, DAEMON_NAME } from '../runtime/application-name.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Lifecycle } from '../runtime/lifecycle.ts'
import type { Logger } from '../runtime/logger.ts'
import { AlertStore } from '../store/alerts/alert-store.ts'
import { Database } from '../store/pg/database.ts'
import type { Installation } from '../store/pg/installation.ts'
import { UsageReader } from '../store/usage/usage-reader.ts'

const DATABASE_CONNECTIONS = 8
/** Connections for questions about usage, so that commits never wait for them. At most half of them are for CSV. */
const READING_CONNECTIONS = 8
const ALERT_CONNECTIONS = 1

/**
 * Returns where the tables are. Starts the embedded PostgreSQL if the config has no URL; it stops with the lifecycle.
 * @throws what the start of a PostgreSQL throws
 */
export async function installationOf(
  { database }: Pick<Config, 'database'>,
  lifecycle: Pick<Lifecycle, 'onStop'>,
  options: { readonly clock: Clock; readonly log: Logger },
): Promise<Installation> {
  if (database.kind === 'url') return { url: database.url.reveal(), schema: database.schema }
  const postgres = new EmbeddedPostgres({ directory: database.directory, ...options })
  // Registered before the start: a stop does not wait for the start, but ends it.
  lifecycle.onStop('embedded postgres', () => postgres.stop())
  return { url: (await postgres.start()).url }
}

/** The URL of the replica for questions about usage, if there is one. */
export function replicaUrl({ database }: Pick<Config, 'database'>): string | undefined {
  return database.kind === 'url' ? database.readUrl?.reveal() : undefined
}

/** The parts that query the database, each on its own connections. */
export interface DaemonConnections {
  readonly database: Database
  readonly usage: UsageReader
  readonly record: AlertStore
}

/**
 * Makes connections that connect at their first query, and close with the lifecycle. If the database does not answer
 * while the daemon stops, they are cut off, so that whatever waits for it fails as if it were down.
 * @throws Stopping
 */
export function openConnections(
  { url, schema, readUrl }: Installation & { readonly readUrl: string | undefined },
  lifecycle: Pick<Lifecycle, 'onStop' | 'hurrying'>,
  log: Logger,
): DaemonConnections {
  const open = <T extends { stop(): Promise<void>; readonly cutOff: () => void }>(name: string, made: T) => {
    lifecycle.hurrying.addEventListener('abort', made.cutOff)
    lifecycle.onStop(name, () => made.stop())
    return made
  }
  return {
    database: open(
      'database',
      new Database({ url, schema, log, applicationName: DAEMON_NAME, connections: DATABASE_CONNECTIONS }),
    ),
    usage: open(
      'usage reader',
      new UsageReader({
        ...{ schema, log, applicationName: API_NAME, connections: READING_CONNECTIONS },
        ...(readUrl === undefined ? { url } : { url: readUrl, setting: 'database.read_url' }),
      }),
    ),
    record: open(
      'alerts',
      new AlertStore({ url, schema, log, applicationName: ALERTS_NAME, connections: ALERT_CONNECTIONS }),
    ),
  }
}
