import { loadDatabase } from '../config/load.ts'
import { systemClock } from '../runtime/clock.ts'
import { createLogger } from '../runtime/logger.ts'
import type { Installation } from '../store/pg/installation.ts'
import type { CommonOptions } from './arguments.ts'
import { untilInterrupted } from './interruption.ts'
import { loaded } from './needed-config.ts'
import type { OwnDatabase } from './own-database.ts'

/** What a command that needs the embedded database runs it with. */
export function ownDatabase(): OwnDatabase {
  return { clock: systemClock, log: createLogger('warn'), untilInterrupted }
}

/**
 * Runs a command on the config's tables.
 * @param work called with where they are
 * @returns the exit code
 */
export async function withTables(
  { config: file }: CommonOptions,
  work: (installation: Installation, own: OwnDatabase) => Promise<void>,
): Promise<number> {
  const database = loaded(loadDatabase(file, process.env))
  const { withDatabase } = await import('./own-database.ts')
  const own = ownDatabase()
  await withDatabase(database, own, installation => work(installation, own))
  return 0
}
