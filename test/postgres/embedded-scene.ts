import { execFile } from 'node:child_process'
import { readFile, realpath, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Client } from 'pg'
import { inject } from 'vitest'
import { findBinaries } from '../../src/postgres/binaries.ts'
import { Cluster } from '../../src/postgres/cluster.ts'
import { EmbeddedPostgres } from '../../src/postgres/embedded.ts'
import { findHome, type Home, makeHome } from '../../src/postgres/home.ts'
import { superuserUrl } from '../../src/postgres/password.ts'
import { findPostmaster } from '../../src/postgres/postmaster.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { createLogger } from '../../src/runtime/logger.ts'

export function embeddedAt(directory: string): EmbeddedPostgres {
  return new EmbeddedPostgres({ directory, log: createLogger('silent'), clock: systemClock })
}

/** One whose process was killed, so it no longer watches its server. */
export function killedAt(directory: string): EmbeddedPostgres {
  const sleep = (_ms: number, signal: AbortSignal) =>
    new Promise<void>(resolve => signal.addEventListener('abort', () => resolve(), { once: true }))
  return new EmbeddedPostgres({ directory, log: createLogger('silent'), clock: { ...systemClock, sleep } })
}

export async function ask(url: string, statement: string): Promise<readonly Record<string, unknown>[]> {
  const client = new Client({ connectionString: url })
  client.on('error', () => {})
  try {
    await client.connect()
    return (await client.query<Record<string, unknown>>(statement)).rows
  } finally {
    await client.end()
  }
}

/** The socket that pg connects to. */
export function socketOf(url: string): string {
  const client = new Client({ connectionString: url })
  return join(client.host, `.s.PGSQL.${client.port}`)
}

/** Creates the folder of a database that was never started. */
export async function makeHomeAt(directory: string): Promise<void> {
  const home = await makeHome(directory, createLogger('silent'))
  await promisify(execFile)('cp', ['-a', `${inject('freshCluster')}/.`, home.folder])
}

export async function clusterIn(directory: string): Promise<{ home: Home; cluster: Cluster }> {
  const home = await makeHome(directory, createLogger('silent'))
  return { home, cluster: new Cluster(home, await findBinaries(home.folder, home.account)) }
}

/** The superuser's connection URL of a running database. */
export async function superuserAt(directory: string): Promise<string> {
  const home = await findHome(directory)
  if (!home) throw new Error('it was not made')
  const running = await findPostmaster(home)
  if (!running?.listening) throw new Error('it is not running')
  return superuserUrl(home, running.listening, 'tikmeter')
}

/** Removes the home, wherever it is. */
export async function removeHome(directory: string): Promise<void> {
  await rm(await realpath(directory), { recursive: true, force: true })
}

export async function postmasterPidAt(directory: string): Promise<number> {
  return Number((await readFile(join(directory, 'data', 'postmaster.pid'), 'utf8')).split('\n')[0])
}
