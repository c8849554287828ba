import type { Config } from '../config/config.ts'
import { EmbeddedPostgres } from '../postgres/embedded.ts'
import { ALERTS_NAME, API_NAME, DAEMON_NAME } from '../runtime/application-name.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Lifecycle } from '../runtime/lifecycle.ts'
import type { Logger } from '../runtime/logger.ts'
import { AlertStore } from '../store/alerts/alert-store.ts'
import { Database } from '../store/pg/database.ts'
import { UsageReader } from '../store/usage/usage-reader.ts'

const DATABASE_CONNECTIONS = 8
/** For those who ask for usage, so that commits never wait for them: half of them at the most for CSV. */
const READING_CONNECTIONS = 8
const ALERT_CONNECTIONS = 1

/**
 * Where the daemon's database is; its own PostgreSQL is started, and stopped with the lifecycle.
 * @throws what the start of a PostgreSQL throws
 */
export async function databaseUrl(
  { database }: Pick<Config, 'database'>,
  lifecycle: Pick<Lifecycle, 'onStop'>,
  options: { readonly clock: Clock; readonly log: Logger },
): Promise<string> {
  if (database.kind === 'url') return database.url.reveal()
  const postgres = new EmbeddedPostgres({ directory: database.directory, ...options })
  // Before it is up: a stop does not wait for its start, but ends it.
  lifecycle.onStop('embedded postgres', () => postgres.stop())
  return (await postgres.start()).url
}

/** The parts of the daemon that ask the database, each by connections of its own. */
export interface DaemonConnections {
  readonly database: Database
  readonly usage: UsageReader
  readonly record: AlertStore
}

/**
 * Makes connections that connect when they are first asked, and end with the lifecycle. If the database does not answer
 * while the daemon stops, they are cut off, so that whatever waits for it ends as if it were not there.
 * @throws Stopping
 */
export function openConnections(
  url: string,
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
      new Database({ url, log, applicationName: DAEMON_NAME, connections: DATABASE_CONNECTIONS }),
    ),
    usage: open(
      'usage reader',
      new UsageReader({ url, log, applicationName: API_NAME, connections: READING_CONNECTIONS }),
    ),
    record: open(
      'alerts',
      new AlertStore({ url, log, applicationName: ALERTS_NAME, connections: ALERT_CONNECTIONS }),
    ),
  }
}
