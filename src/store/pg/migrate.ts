import type { Client } from 'pg'
import { systemClock } from '../../runtime/clock.ts'
import { applyMigrations, type StepDone } from '../schema/apply-migrations.ts'
import { distribute } from '../schema/distribute.ts'
import { newestVersion, readMigrations } from '../schema/migrations.ts'
import { loadVersion } from '../schema/schema-version.ts'
import { connectedClient } from './client.ts'
import { asStoreError, PostgresTooOld, SchemaTooNew } from './errors.ts'

/** Any number that nothing else in the database uses. */
const MIGRATION_LOCK = 7_420_318_556
const LOOK_EVERY_MS = 200

/** Since 14, partitions can be detached without a lock on the whole table. */
const OLDEST_VERSION = 140_000

export interface MigrateOptions {
  /** Called after each step. */
  readonly onStep?: (done: StepDone) => void
  /** When it aborts, the rest is left to the next call. */
  readonly signal?: AbortSignal
}

/**
 * Brings the schema up to date, and distributes it if the database is a Citus coordinator, on a connection of its own. A
 * second process that starts at the same time waits. What an interruption left undone is done by the next call.
 * @throws PostgresTooOld, SchemaTooNew, StoreError
 */
export async function migrate(url: string, { onStep, signal }: MigrateOptions = {}): Promise<void> {
  let client: Client | undefined
  let doing = 'no connection to the database'
  try {
    client = await unlessAborted(connectedClient(url, 'tikmeter-migrate'), signal)
    doing = 'migration failed'
    await checkVersion(client)
    await lockOthersOut(client)
    await checkSchema(client)
    await applyMigrations(client, readMigrations(), onStep ?? (() => {}))
    await distribute(client)
  } catch (error) {
    throw asStoreError(doing, error)
  } finally {
    // This also releases the lock.
    await client?.end()
  }
}

/** A connection that is closed when the signal aborts, with the statement under way. @throws Error if it was not made before */
function unlessAborted(connecting: Promise<Client>, signal: AbortSignal | undefined): Promise<Client> {
  return new Promise((resolve, reject) => {
    const leave = () => {
      reject(new Error('stopped'))
      void connecting.then(client => client.end()).catch(() => {})
    }
    if (signal?.aborted) leave()
    signal?.addEventListener('abort', leave)
    connecting.then(resolve, reject)
  })
}

async function checkVersion(client: Client): Promise<void> {
  const { rows } = await client.query<{ number: string; version: string }>(
    `select current_setting('server_version_num') as number, current_setting('server_version') as version`,
  )
  const [row] = rows
  if (row && Number(row.number) < OLDEST_VERSION) throw new PostgresTooOld(row.version)
}

/** Whoever waited for the lock within a statement would keep indexes from being made concurrently. */
async function lockOthersOut(client: Client): Promise<void> {
  const { signal } = new AbortController()
  for (;;) {
    const { rows } = await client.query<{ is_ours: boolean }>('select pg_try_advisory_lock($1) as is_ours', [
      MIGRATION_LOCK,
    ])
    if (rows[0]?.is_ours) return
    await systemClock.sleep(LOOK_EVERY_MS, signal)
  }
}

/** Checks for tables of a later release that this one must not write. */
async function checkSchema(client: Client): Promise<void> {
  const version = await loadVersion(client)
  const needed = Math.max(version?.writableSince ?? 0, version?.announced ?? 0)
  if (needed > newestVersion()) throw new SchemaTooNew(new Date(needed))
}
