import { fileURLToPath } from 'node:url'
import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate as applyMigrations } from 'drizzle-orm/node-postgres/migrator'
import { Client } from 'pg'
import { asStoreError, PostgresTooOld } from './store-error.ts'

/** The same from `src/store` and from `dist/store`. */
const MIGRATIONS = fileURLToPath(new URL('../../drizzle/migrations', import.meta.url))

/** Any number, as long as nobody else in the database takes the same one. */
const MIGRATION_LOCK = 7_420_318_553

/** Partitions are detached without a lock on all of the table since 14. */
const OLDEST_VERSION = 140_000

/**
 * Brings the schema up to date, on a connection of its own; a second process that starts at once waits for it.
 * @throws PostgresTooOld, StoreError
 */
export async function migrate(url: string): Promise<void> {
  const client = new Client({
    connectionString: url,
    application_name: 'tikmeter-migrate',
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
  })
  client.on('error', () => {}) // The query under way rejects with it.
  try {
    await client.connect()
    await checkVersion(client)
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK])
    await applyMigrations(drizzle(client), { migrationsFolder: MIGRATIONS })
  } catch (error) {
    throw asStoreError('migration failed', error)
  } finally {
    // The lock goes with the connection.
    await client.end()
  }
}

async function checkVersion(client: Client): Promise<void> {
  const { rows } = await client.query<{ number: string; version: string }>(
    `select current_setting('server_version_num') as number, current_setting('server_version') as version`,
  )
  const [row] = rows
  if (row && Number(row.number) < OLDEST_VERSION) throw new PostgresTooOld(row.version)
}
