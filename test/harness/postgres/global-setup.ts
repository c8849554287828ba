import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { withClient } from '../../../src/postgres/session.ts'
import { sendingTo } from '../../../src/store/pg/installation.ts'
import { migrate } from '../../../src/store/pg/migrate.ts'
import { KEYS } from '../../../src/store/schema/distribute.ts'
import { CITUS_URL, createOnAllNodes, dropOnAllNodes, sealOnAllNodes } from './citus.ts'
import { ScratchServer } from './scratch-server.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where tests have their tables, if not in the layout that one PostgreSQL has. */
    layout: 'keys-of-cluster' | undefined
    /** The same as `templateDatabaseUrl`, with the keys of a cluster. */
    templateOfCluster: string
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

/** Nothing else has this name. */
const TEMPLATE = 'tikmeter_template'

const servers: ScratchServer[] = []

/** One PostgreSQL for the whole run, outside of the project's folder. */
export async function setup(project: TestProject): Promise<void> {
  const fresh = await ScratchServer.create()
  servers.push(fresh)
  await appendFile(join(fresh.home, 'data', 'postgresql.conf'), FRESH_SETTINGS)
  const server = await ScratchServer.create(fresh.home)
  servers.push(server)
  await appendFile(join(server.home, 'data', 'postgresql.conf'), SETTINGS)
  const url = CITUS_URL === undefined ? await server.start() : await createTemplate(CITUS_URL)
  await migrate({ url })
  if (CITUS_URL !== undefined) await sealOnAllNodes(CITUS_URL, TEMPLATE)
  project.provide('templateDatabaseUrl', url)
  project.provide('templateOfCluster', CITUS_URL === undefined ? await withKeysOfCluster(url) : url)
  project.provide('freshCluster', fresh.home)
}

/** A copy with the keys that a cluster's tables have, and a function of Citus. Everything is in this one PostgreSQL. */
async function withKeysOfCluster(template: string): Promise<string> {
  const url = (database: string) => Object.assign(new URL(template), { pathname: `/${database}` }).href
  await withClient(url('postgres'), it =>
    it.query(
      `create database ${TEMPLATE} template ${new URL(template).pathname.slice(1)} strategy file_copy`,
    ),
  )
  await withClient(url(TEMPLATE), async client => {
    sendingTo(undefined)(client)
    for (const statement of KEYS) await client.query(statement)
    await client.query(
      `create function get_shard_id_for_distribution_column(text, text) returns bigint language sql immutable
         as $$ select abs(hashtext($2)) % 4 $$`,
    )
  })
  return url(TEMPLATE)
}

async function createTemplate(coordinator: string): Promise<string> {
  await dropOnAllNodes(coordinator, TEMPLATE)
  await createOnAllNodes(coordinator, TEMPLATE)
  return Object.assign(new URL(coordinator), { pathname: `/${TEMPLATE}` }).href
}

export async function teardown(): Promise<void> {
  for (const server of servers) await server.end()
}
