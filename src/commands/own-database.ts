import type { DatabaseConfig } from '../config/config.ts'
import { EmbeddedPostgres } from '../postgres/embedded.ts'
import { findRunning } from '../postgres/find-running.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Logger } from '../runtime/logger.ts'

/** What it takes to run a PostgreSQL of our own. */
export interface OwnDatabase {
  readonly clock: Clock
  readonly log: Logger
  /** Rejects when we are told to end, which waits from then on until the server is stopped. */
  readonly untilInterrupted: () => Promise<never>
}

/**
 * Does something with the config's database. One of our own is a running daemon's, or is started for it.
 * @param work is given the URL, which carries the password
 */
export async function withDatabase(
  database: DatabaseConfig,
  own: OwnDatabase,
  work: (url: string) => Promise<void>,
): Promise<void> {
  if (database.kind === 'url') return work(database.url.reveal())
  const running = await findRunning(database.directory)
  return running === undefined ? startOwn(database.directory, own, work) : work(running)
}

/**
 * Starts one of our own, and stops it when the work is done, or when we are told to end.
 * @throws EmbeddedError where a daemon uses it
 */
export async function startOwn(
  directory: string,
  { clock, log, untilInterrupted }: OwnDatabase,
  work: (url: string) => Promise<void>,
): Promise<void> {
  const postgres = new EmbeddedPostgres({ directory, clock, log })
  const interrupted = untilInterrupted()
  try {
    const { url } = await Promise.race([postgres.start(), interrupted])
    await Promise.race([work(url), interrupted])
  } finally {
    await postgres.stop()
  }
}
