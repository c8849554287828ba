import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import type { TestProject } from 'vitest/node'
import { systemClock } from '../../src/runtime/clock.ts'
import { createLogger } from '../../src/runtime/logger.ts'
import { EmbeddedPostgres } from '../../src/store/embedded.ts'
import { migrate } from '../../src/store/migrate.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The migrated database that each test file gets a copy of. Nobody may be connected to it. */
    templateDatabaseUrl: string
  }
}

let tearDown: (() => Promise<void>) | undefined

/** One PostgreSQL for the whole run, away from the project's folder. */
export async function setup(project: TestProject): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tikmeter-test-'))
  await chmod(folder, 0o711) // As root, PostgreSQL is another user.
  const directory = join(folder, 'postgres')
  const postgres = new EmbeddedPostgres({ directory, log: createLogger('warn'), clock: systemClock })
  tearDown = async () => {
    await postgres.stop()
    const home = await realpath(directory).catch(() => directory)
    await rm(home, { recursive: true, force: true })
    await rm(folder, { recursive: true, force: true })
  }
  const { url } = await postgres.start()
  await makeFast(url)
  await migrate(url)
  project.provide('templateDatabaseUrl', url)
}

export async function teardown(): Promise<void> {
  await tearDown?.()
}

/** Nothing here has to outlive the machine. */
async function makeFast(url: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.query('alter system set fsync = off')
  await client.query('alter system set synchronous_commit = off')
  await client.query('alter system set full_page_writes = off')
  await client.query('select pg_reload_conf()')
  await client.end()
}
