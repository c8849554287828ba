import type { DatabaseConfig } from '../config/config.ts'
import { EmbeddedPostgres } from '../postgres/embedded.ts'
import { findRunning } from '../postgres/find-running.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Installation } from '../store/pg/installation.ts'

/** What is needed to run an embedded PostgreSQL. */
export interface OwnDatabase {
  readonly clock: Clock
  readonly log: Logger
  /** Rejects when the command is asked to end; the process then stays alive until the server is stopped. */
  readonly untilInterrupted: () => Promise<never>
}

/**
 * Runs `work` on the config's tables. An embedded database belongs to a running daemon, or is started for `work`.
 * @param work gets the URL, which contains the password
 */
export async function withDatabase(
  database: DatabaseConfig,
  own: OwnDatabase,
  work: (installation: Installation) => Promise<void>,
): Promise<void> {
  if (database.kind === 'url') return work({ url: database.url.reveal(), schema: database.schema })
  const running = await findRunning(database.directory)
  return running === undefined ? startOwn(database.directory, own, work) : work({ url: running })
}

/**
 * Starts an embedded database, and stops it when the work is done or the command is asked to end.
 * @throws EmbeddedError if a daemon uses the database
 */
export async function startOwn(
  directory: string,
  { clock, log, untilInterrupted }: OwnDatabase,
  work: (installation: Installation) => Promise<void>,
): Promise<void> {
  const postgres = new EmbeddedPostgres({ directory, clock, log })
  const interrupted = untilInterrupted()
  try {
    const { url } = await Promise.race([postgres.start(), interrupted])
    await Promise.race([work({ url }), interrupted])
  } finally {
    await postgres.stop()
  }
}
