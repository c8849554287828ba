import { loadDatabase } from '../config/load.ts'
import { systemClock } from '../runtime/clock.ts'
import { createLogger } from '../runtime/logger.ts'
import type { CommonOptions } from './arguments.ts'
import { untilInterrupted } from './interruption.ts'
import { loaded } from './needed-config.ts'
import type { OwnDatabase } from './own-database.ts'

/** What a command that needs the embedded database runs it with. */
export function ownDatabase(): OwnDatabase {
  return { clock: systemClock, log: createLogger('warn'), untilInterrupted }
}

/**
 * Runs a command on the config's database.
 * @param work called with the URL of the database
 * @returns the exit code
 */
export async function withUrl(
  { config: file }: CommonOptions,
  work: (url: string, own: OwnDatabase) => Promise<void>,
): Promise<number> {
  const database = loaded(loadDatabase(file, process.env))
  const { withDatabase } = await import('./own-database.ts')
  const own = ownDatabase()
  await withDatabase(database, own, url => work(url, own))
  return 0
}
