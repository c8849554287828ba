import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { migrate } from '../../../src/store/pg/migrate.ts'
import { ScratchServer } from './scratch-server.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The migrated database that each test file copies. Nobody may be connected to it. */
    templateDatabaseUrl: string
    /** The home of a server that was never started, for copies. */
    freshCluster: string
  }
}

/** Settings of each copy: nothing must outlive the machine, few connections, and few processes, which cost CPU. */
const FRESH_SETTINGS = `
fsync = off
io_method = sync
shared_buffers = 16MB
autovacuum = off
max_logical_replication_workers = 0
`

/** Settings of the shared server: even less must outlive it, and there are many connections. */
const SETTINGS = `
shared_buffers = 128MB
synchronous_commit = off
full_page_writes = off
wal_compression = off
max_connections = 200
jit = off
`

const servers: ScratchServer[] = []

/** One PostgreSQL for the whole run, outside of the project's folder. */
export async function setup(project: TestProject): Promise<void> {
  const fresh = await ScratchServer.create()
  servers.push(fresh)
  await appendFile(join(fresh.home, 'data', 'postgresql.conf'), FRESH_SETTINGS)
  const server = await ScratchServer.create(fresh.home)
  servers.push(server)
  await appendFile(join(server.home, 'data', 'postgresql.conf'), SETTINGS)
  const url = await server.start()
  await migrate(url)
  project.provide('templateDatabaseUrl', url)
  project.provide('freshCluster', fresh.home)
}

export async function teardown(): Promise<void> {
  for (const server of servers) await server.end()
}
