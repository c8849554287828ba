import type { Config } from './config/config.ts'
import type { Clock } from './runtime/clock.ts'
import type { Lifecycle } from './runtime/lifecycle.ts'
import type { Logger } from './runtime/logger.ts'
import { EmbeddedPostgres } from './store/embedded.ts'

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
