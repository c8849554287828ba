import type { Config } from './config/config.ts'
import type { Clock } from './runtime/clock.ts'
import type { Logger } from './runtime/logger.ts'
import { EmbeddedPostgres } from './store/embedded.ts'
import { migrate } from './store/migrate.ts'

/** Brings the schema of the config's database up to date. */
export async function migrateOnly(config: Config, log: Logger, clock: Clock): Promise<void> {
  if (config.database.kind === 'url') return migrate(config.database.url.reveal())
  const postgres = new EmbeddedPostgres({ directory: config.database.directory, clock, log })
  const { url } = await postgres.start()
  try {
    await migrate(url)
  } finally {
    await postgres.stop()
  }
}
