import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { stringify } from 'yaml'
import { createLogger } from '../../../src/runtime/logger.ts'
import { Database } from '../../../src/store/pg/database.ts'
import type { LockHolder } from '../../../src/store/pg/lock-holders.ts'
import { migrate } from '../../../src/store/pg/migrate.ts'
import { applyMigrations } from '../../../src/store/schema/apply-migrations.ts'
import { readMigrations } from '../../../src/store/schema/migrations.ts'
import { Partitions } from '../../../src/store/schema/partitions.ts'
import {
  createEmptyDatabase,
  createScratchDatabase,
  type ScratchDatabase,
} from '../../harness/postgres/scratch-database.ts'
import { rollupFaultsIn } from '../housekeeping/rollup-faults.ts'
import { beginAs, copyRows, makePartitionsAs, SCHEMAS, shapeOf } from '../schema/old-schema.ts'
import { interruptEverywhere } from './interruption.ts'
import { sums } from './ledger-scene.ts'
import { WEEKS, type Written, write } from './written-rows.ts'

/** All statements one by one take a minute. */
const IS_THOROUGH = process.env['TIKMETER_THOROUGH'] === '1'
const EVERY = IS_THOROUGH ? 1 : 7

const SECRET = 'a secret of thirty-two bytes or more'
const POLLING = { interval: 20, timeout: 20_000 }

let written: Written
beforeAll(async () => {
  written = await write()
})
afterAll(() => written.scene.stop())

/** Uses a database with the rows of `written`, in the tables of a schema. */
async function during(schema: string, use: (scratch: ScratchDatabase, database: Database) => Promise<void>) {
  const scratch = await createEmptyDatabase()
  const database = openDatabase(scratch)
  try {
    await beginAs(schema, database.pool)
    await makePartitionsAs(schema, database.pool, WEEKS)
    await copyRows(written.scene.database.pool, database.pool)
    await use(scratch, database)
  } finally {
    await database.stop()
    await scratch.drop()
  }
}

function openDatabase({ url }: ScratchDatabase): Database {
  return new Database({ url, log: createLogger('silent'), applicationName: 'interrupted', connections: 2 })
}

/** The shape of the tables that a new database has. */
async function freshShape() {
  const scratch = await createScratchDatabase()
  const database = openDatabase(scratch)
  try {
    await new Partitions(database.pool).ensure(new Set(WEEKS))
    return await shapeOf(database.pool)
  } finally {
    await database.stop()
    await scratch.drop()
  }
}

async function expectWhole({ pool }: { readonly pool: Pool }): Promise<void> {
  const ask = async (statement: string) => (await pool.query<Record<string, unknown>>(statement)).rows
  expect(await sums({ ask })).toEqual(await sums(written.scene))
  expect(await rollupFaultsIn(pool)).toEqual([])
  expect(await ask('select created_at from drizzle.__drizzle_migrations')).toHaveLength(SCHEMAS.length)
}

test.each(IS_THOROUGH ? SCHEMAS : ['0000_initial'])(
  'an upgrade from %s that is interrupted before and during each statement goes on where it was',
  async schema => {
    await during(schema, async (scratch, database) => {
      const interruptions = await interruptEverywhere(
        scratch.url,
        client => applyMigrations(client, readMigrations(), undefined, () => {}),
        EVERY,
      )
      console.log(`${schema}: interrupted ${interruptions} times`)
      expect(interruptions).toBeGreaterThan((SCHEMAS.length - SCHEMAS.indexOf(schema)) / EVERY)
      await migrate(scratch)
      await expectWhole(database)
      expect(await shapeOf(database.pool)).toEqual(await freshShape())
    })
  },
  120_000,
)

test('an upgrade goes on after its process was killed', async () => {
  await during('0000_initial', async (scratch, { pool }) => {
    const folder = await mkdtemp(join(tmpdir(), 'tikmeter-killed-'))
    const config = join(folder, 'tikmeter.yaml')
    await writeFile(config, stringify({ database: { url: scratch.url } }))
    let kills = 0
    for (let isOver = false; !isOver; ) {
      const before = await stepsIn(pool)
      const child = spawn(process.execPath, [inject('cli'), 'migrate', '--config', config], {
        stdio: 'ignore',
      })
      const ended = once(child, 'exit')
      while (child.exitCode === null && (await stepsIn(pool)) === before)
        await new Promise(resolve => setTimeout(resolve, 1))
      if (child.exitCode === null && child.kill('SIGKILL')) kills++
      const [code] = await ended
      isOver = code === 0
    }
    await rm(folder, { recursive: true })
    console.log(`killed ${kills} times`)
    expect(kills).toBeGreaterThan(2)
    await expectWhole({ pool })
    expect(await shapeOf(pool)).toEqual(await freshShape())
  })
}, 60_000)

test('a daemon that is stopped while it waits for an upgrade ends at once', async () => {
  await during('0005_alerts', async (scratch, { pool }) => {
    const folder = await mkdtemp(join(tmpdir(), 'tikmeter-stopped-'))
    const config = join(folder, 'tikmeter.yaml')
    const keys = {
      journal: { directory: join(folder, 'journal') },
      server: { port: 0 },
      auth: { secret: SECRET },
    }
    await writeFile(config, stringify({ database: { url: scratch.url }, tenants: [], ...keys }))
    const other = await pool.connect()
    await other.query('begin; lock table drizzle.__drizzle_migrations in access exclusive mode')
    const child = spawn(process.execPath, [inject('cli'), 'run', '--config', config], { stdio: 'ignore' })
    const ended = once(child, 'exit')
    await expect
      .poll(async () => {
        const { rowCount } = await pool.query(`select from pg_stat_activity
          where datname = current_database() and application_name = 'tikmeter-migrate' and wait_event_type = 'Lock'`)
        return rowCount
      }, POLLING)
      .toBe(1)
    child.kill('SIGTERM')
    expect(await ended).toEqual([0, null])
    await other.query('rollback')
    other.release()
    await rm(folder, { recursive: true })
  })
})

/** The steps that were recorded. */
async function stepsIn(pool: Pool): Promise<string> {
  const { rows: tables } = await pool.query<{ name: string | null }>(
    `select to_regclass('drizzle.tikmeter_schema')::text as name`,
  )
  if (tables[0]?.name == null) return ''
  const { rows } = await pool.query('select migration, steps from drizzle.tikmeter_schema')
  return JSON.stringify(rows)
}

test('an index of which an interruption left a part is made again', async () => {
  await during('0005_alerts', async (scratch, database) => {
    const { pool } = database
    await pool.query('alter table user_sessions add column device text')
    await pool.query('create index user_sessions_away on user_sessions (tenant_id) where false')
    await pool.query(
      `update pg_index set indisvalid = false where indexrelid = 'user_sessions_away'::regclass`,
    )
    await pool.query('alter table user_sessions drop column device')
    await migrate(scratch)
    expect(await shapeOf(pool)).toEqual(await freshShape())
  })
})

describe('what an upgrade waits for is told with who has it, and does not break it', () => {
  test.each([
    ['a table', 'select from user_sessions'],
    ['the record of migrations', 'lock table drizzle.__drizzle_migrations in access exclusive mode'],
    ['another migration', 'select pg_advisory_xact_lock(7420318556)'],
    ['an index, which waits for whoever reads', 'set transaction isolation level repeatable read; select 1'],
  ])('%s', async (_, lock) => {
    await during('0005_alerts', async (scratch, database) => {
      const reader = await database.pool.connect()
      const { rows } = await reader.query<{ pid: number }>('select pg_backend_pid() as pid')
      await reader.query(`begin; ${lock}`)
      let migrated = Promise.resolve()
      const [holder] = await new Promise<readonly LockHolder[]>(resolve => {
        migrated = migrate(scratch, { onWait: resolve })
      })
      expect(holder).toMatchObject({ pid: rows[0]?.pid, state: 'idle in transaction' })
      await reader.query('commit')
      reader.release()
      await migrated
      await expectWhole(database)
    })
  })
})
