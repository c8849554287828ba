import type { Client } from 'pg'
import { applyMigrations, type StepDone } from '../schema/apply-migrations.ts'
import { distribute } from '../schema/distribute.ts'
import { newestVersion, readMigrations } from '../schema/migrations.ts'
import { strangeTables } from '../schema/own-tables.ts'
import { loadVersion } from '../schema/schema-version.ts'
import { connectedClient } from './client.ts'
import { asStoreError, NotUtf8, PostgresTooOld, SchemaTooNew, StrangeTables } from './errors.ts'
import type { Installation } from './installation.ts'
import { type LockHolder, watchLocks } from './lock-holders.ts'
import { lockOthersOut } from './migration-lock.ts'
import { isThroughPooler } from './pooler.ts'

const APPLICATION = 'tikmeter-migrate'
const WATCH = 'tikmeter-migrate-locks'

/** Since 14, partitions can be detached without a lock on the whole table. */
const OLDEST_VERSION = 140_000

export interface MigrateOptions {
  /** Called after each step. */
  readonly onStep?: (done: StepDone) => void
  /** Called if it waits long for locks, with those who have them as far as they are known. */
  readonly onWait?: (holders: readonly LockHolder[]) => void
  /** When it aborts, the rest is left to the next call. */
  readonly signal?: AbortSignal
}

/**
 * Brings the schema up to date, and distributes it if the database is a Citus coordinator, on a connection of its own. A
 * second process that starts at the same time waits. What an interruption left undone is done by the next call.
 * @throws PostgresTooOld, NotUtf8, SchemaTooNew, StrangeTables, StoreError
 */
export async function migrate(installation: Installation, options: MigrateOptions = {}): Promise<void> {
  const { onStep = () => {}, onWait = () => {}, signal } = options
  const connections: Client[] = []
  const connect = async () => {
    const client = await unlessAborted(connectedClient(installation, APPLICATION), signal)
    connections.push(client)
    return client
  }
  // Breaks off the statements under way, and the locks with them.
  const breakOff = () => Promise.all(connections.map(it => it.end()))
  signal?.addEventListener('abort', breakOff)
  const watching = new AbortController()
  let doing = 'no connection to the database'
  try {
    const client = await connect()
    const isPooled = await isThroughPooler(client)
    const locking = isPooled ? await connect() : client
    void watchLocks(APPLICATION, () => connectedClient(installation, WATCH), onWait, watching.signal)
    doing = 'migration failed'
    await checkServer(client)
    await lockOthersOut(locking, isPooled, onWait)
    // Nothing may be done without the lock.
    locking.once('end', breakOff)
    await checkSchema(client, installation)
    await applyMigrations(client, readMigrations(), installation.schema, onStep)
    await distribute(client)
    if (isPooled) await locking.query('commit')
  } catch (error) {
    throw asStoreError(doing, error)
  } finally {
    watching.abort()
    signal?.removeEventListener('abort', breakOff)
    await breakOff()
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

async function checkServer(client: Client): Promise<void> {
  const { rows } = await client.query<Record<'number' | 'version' | 'encoding', string>>(
    `select current_setting('server_version_num') as number, current_setting('server_version') as version,
       current_setting('server_encoding') as encoding`,
  )
  const [row] = rows
  if (row && Number(row.number) < OLDEST_VERSION) throw new PostgresTooOld(row.version)
  if (row && row.encoding !== 'UTF8') throw new NotUtf8(row.encoding)
}

/** Checks for tables that this release must not write: those of a later one, and of others. */
async function checkSchema(client: Client, installation: Installation): Promise<void> {
  const strange = await strangeTables(client, installation)
  if (strange !== undefined) throw new StrangeTables(strange)
  const version = await loadVersion(client)
  const needed = Math.max(version?.writableSince ?? 0, version?.announced ?? 0)
  if (needed > newestVersion()) throw new SchemaTooNew(new Date(needed))
}
