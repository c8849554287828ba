import { setTimeout as delay } from 'node:timers/promises'
import { Client, DatabaseError } from 'pg'
import { DAEMON_NAME } from '../runtime/application-name.ts'

const CANNOT_CONNECT_NOW = '57P03'
/** Recovery after a crash reads everything written since the last checkpoint. */
const READY_MS = 300_000

/** Whether a daemon is connected to a running server, and still is after `graceMs`. */
export async function isUsedByDaemon(url: string, graceMs: number, signal: AbortSignal): Promise<boolean> {
  return withClient(url, async client => {
    const until = performance.now() + graceMs
    for (;;) {
      const { rowCount } = await client.query(
        'select from pg_stat_activity where application_name = $1 and pid <> pg_backend_pid()',
        [DAEMON_NAME],
      )
      if (!rowCount) return false
      if (performance.now() >= until) return true
      await delay(200, undefined, { signal })
    }
  })
}

export async function makeDatabase(client: Client, name: string): Promise<void> {
  const { rowCount } = await client.query('select from pg_database where datname = $1', [name])
  if (!rowCount) await client.query(`create database ${client.escapeIdentifier(name)}`)
}

/**
 * Waits for a server that is recovering or shutting down.
 * @throws the error of the last attempt, or the signal's reason
 */
export async function waitUntilReady(url: string, signal?: AbortSignal): Promise<void> {
  const until = performance.now() + READY_MS
  for (;;) {
    try {
      return await withClient(url, async client => {
        await client.query('select')
      })
    } catch (error) {
      const code = error instanceof DatabaseError ? error.code : undefined
      if (code !== CANNOT_CONNECT_NOW || performance.now() > until) throw error
    }
    await delay(200, undefined, signal && { signal })
  }
}

/** Connects, runs `use` and disconnects. */
export async function withClient<T>(url: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({
    connectionString: url,
    application_name: 'tikmeter-start',
    connectionTimeoutMillis: 10_000,
  })
  client.on('error', () => {}) // The query under way rejects with the same error.
  try {
    await client.connect()
    return await use(client)
  } finally {
    await client.end()
  }
}
