import type { DatabaseConfig } from '../config/config.ts'
import { migrate as migrateDatabase } from '../store/pg/migrate.ts'
import { type OwnDatabase, startOwn } from './own-database.ts'

/**
 * Brings the schema of the config's database up to date.
 * @throws StoreError, or EmbeddedError if a daemon is running, which has migrated already
 */
export async function migrate(database: DatabaseConfig, own: OwnDatabase): Promise<void> {
  if (database.kind === 'url') return migrateDatabase(database.url.reveal())
  await startOwn(database.directory, own, migrateDatabase)
}
