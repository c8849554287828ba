import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { migrate } from '../../src/store/migrate.ts'
import { ScratchServer } from './scratch-server.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The migrated database that each test file gets a copy of. Nobody may be connected to it. */
    templateDatabaseUrl: string
    /** The home of a server that was never started, to be copied. */
    freshCluster: string
  }
}

/** Nothing in it has to outlive the machine, and many are connected at the same time. */
const SETTINGS = `
fsync = off
synchronous_commit = off
full_page_writes = off
wal_compression = off
max_connections = 200
autovacuum = off
jit = off
`

const servers: ScratchServer[] = []

/** One PostgreSQL for the whole run, away from the project's folder. */
export async function setup(project: TestProject): Promise<void> {
  const fresh = await ScratchServer.create()
  servers.push(fresh)
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
