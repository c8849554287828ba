import type { DatabaseConfig } from '../config/config.ts'
import type { Installation } from '../store/pg/installation.ts'
import type { LockHolder } from '../store/pg/lock-holders.ts'
import { migrate as migrateDatabase } from '../store/pg/migrate.ts'
import { type OwnDatabase, startOwn } from './own-database.ts'

/**
 * Brings the schema of the config's database up to date.
 * @throws StoreError, or EmbeddedError if a daemon is running, which has migrated already
 */
export async function migrate(database: DatabaseConfig, own: OwnDatabase): Promise<void> {
  const onWait = (holders: readonly LockHolder[]) =>
    own.log.warn({ holders }, 'the migration waits for locks in the database that others have')
  const work = (installation: Installation) => migrateDatabase(installation, { onWait })
  if (database.kind === 'url') return work({ url: database.url.reveal(), schema: database.schema })
  await startOwn(database.directory, own, work)
}
