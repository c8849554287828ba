import type { DatabaseConfig } from '../config/config.ts'
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
  const work = (url: string) => migrateDatabase(url, { onWait })
  if (database.kind === 'url') return work(database.url.reveal())
  await startOwn(database.directory, own, work)
}
