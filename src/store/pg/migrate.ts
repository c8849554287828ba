import { join } from 'node:path'
import { readMigrationFiles } from 'drizzle-orm/migrator'
import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate as applyMigrations } from 'drizzle-orm/node-postgres/migrator'
import type { Client } from 'pg'
import { PACKAGE_FOLDER } from '../../runtime/package-folder.ts'
import { distribute } from '../schema/distribute.ts'
import { connectedClient } from './client.ts'
import { asStoreError, PostgresTooOld, SchemaTooNew } from './errors.ts'

const MIGRATIONS = join(PACKAGE_FOLDER, 'drizzle/migrations')

/** Any number that nothing else in the database uses. */
const MIGRATION_LOCK = 7_420_318_553

/** Since 14, partitions can be detached without a lock on the whole table. */
const OLDEST_VERSION = 140_000

/**
 * Brings the schema up to date, and distributes it if the database is a Citus coordinator, on a connection of its own. A
 * second process that starts at the same time waits.
 * @throws PostgresTooOld, SchemaTooNew, StoreError
 */
export async function migrate(url: string): Promise<void> {
  let client: Client | undefined
  let doing = 'no connection to the database'
  try {
    client = await connectedClient(url, 'tikmeter-migrate')
    doing = 'migration failed'
    await checkVersion(client)
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK])
    await checkSchema(client)
    await applyMigrations(drizzle(client), { migrationsFolder: MIGRATIONS })
    await distribute(client)
  } catch (error) {
    throw asStoreError(doing, error)
  } finally {
    // This also releases the lock.
    await client?.end()
  }
}

async function checkVersion(client: Client): Promise<void> {
  const { rows } = await client.query<{ number: string; version: string }>(
    `select current_setting('server_version_num') as number, current_setting('server_version') as version`,
  )
  const [row] = rows
  if (row && Number(row.number) < OLDEST_VERSION) throw new PostgresTooOld(row.version)
}

/** Checks for tables of a later release, which the migrator would take for up to date: it only looks for what it can add. */
async function checkSchema(client: Client): Promise<void> {
  const { rows: tables } = await client.query<{ is_there: boolean }>(
    `select to_regclass('drizzle.__drizzle_migrations') is not null as is_there`,
  )
  if (!tables[0]?.is_there) return
  const { rows } = await client.query<{ latest: string | null }>(
    'select max(created_at) as latest from drizzle.__drizzle_migrations',
  )
  const applied = Number(rows[0]?.latest ?? 0)
  const known = readMigrationFiles({ migrationsFolder: MIGRATIONS }).map(it => it.folderMillis)
  if (applied > Math.max(...known)) throw new SchemaTooNew(new Date(applied))
}
