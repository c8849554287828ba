import { randomBytes } from 'node:crypto'
import { inject } from 'vitest'
import { migrate } from '../../../src/store/pg/migrate.ts'
import { CITUS_URL, createOnAllNodes, dropOnAllNodes } from './citus.ts'
import { query } from './query.ts'
import { ScratchServer } from './scratch-server.ts'

export interface ScratchDatabase {
  readonly url: string
  /** Removes it, whoever is connected. */
  drop(): Promise<void>
}

/** Whether the tables of tests are distributed, or have the keys of distributed ones. */
export function isClustered(): boolean {
  return CITUS_URL !== undefined || inject('layout') !== undefined
}

/** A migrated, empty database for one test file, which drops it in the end. */
export async function createScratchDatabase(): Promise<ScratchDatabase> {
  const template = inject(inject('layout') === undefined ? 'templateDatabaseUrl' : 'templateOfCluster')
  if (CITUS_URL !== undefined) return createDistributedDatabase(CITUS_URL, template)
  const admin = urlOf(template, 'postgres')
  const name = `scratch_${randomBytes(6).toString('hex')}`
  const templateName = new URL(template).pathname.slice(1)
  // Copies files: through the log, the default, it takes five times as long.
  await query(admin, `create database ${name} template ${templateName} strategy file_copy`)
  return {
    url: urlOf(template, name),
    drop: async () => {
      await query(admin, `drop database ${name} with (force)`)
    },
  }
}

/** An empty database; in a cluster, with the extension. */
export async function createEmptyDatabase(): Promise<ScratchDatabase> {
  const name = `scratch_${randomBytes(6).toString('hex')}`
  if (CITUS_URL !== undefined) {
    await createOnAllNodes(CITUS_URL, name)
    return inCluster(CITUS_URL, name)
  }
  const admin = urlOf(inject('templateDatabaseUrl'), 'postgres')
  await query(admin, `create database ${name} strategy file_copy`)
  return {
    url: urlOf(admin, name),
    drop: async () => {
      await query(admin, `drop database ${name} with (force)`)
    },
  }
}

/** Like `createScratchDatabase`, in a Citus cluster. */
async function createDistributedDatabase(coordinator: string, template: string): Promise<ScratchDatabase> {
  const name = `scratch_${randomBytes(6).toString('hex')}`
  await createOnAllNodes(coordinator, name, new URL(template).pathname.slice(1))
  return inCluster(coordinator, name)
}

function inCluster(coordinator: string, name: string): ScratchDatabase {
  return { url: urlOf(coordinator, name), drop: () => dropOnAllNodes(coordinator, name) }
}

/** The same on a separate server. */
export async function createDatabaseApart(): Promise<ScratchDatabase> {
  const server = await ScratchServer.create(inject('freshCluster'))
  const url = await server.start()
  await migrate({ url })
  return { url, drop: () => server.end() }
}

function urlOf(url: string, database: string): string {
  return Object.assign(new URL(url), { pathname: `/${database}` }).href
}
