import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createLogger } from '../../../src/runtime/logger.ts'
import { Database } from '../../../src/store/pg/database.ts'
import { migrate } from '../../../src/store/pg/migrate.ts'
import { Partitions } from '../../../src/store/schema/partitions.ts'
import { HAS_PGBOUNCER, PgBouncer } from '../../harness/postgres/pgbouncer.ts'
import { query } from '../../harness/postgres/query.ts'
import {
  createEmptyDatabase,
  isClustered,
  type ScratchDatabase,
} from '../../harness/postgres/scratch-database.ts'
import { WEEKS } from './written-rows.ts'

let scratch: ScratchDatabase
beforeEach(async () => {
  scratch = await createEmptyDatabase()
})
afterEach(() => scratch.drop())

const TABLES = `select table_schema as schema, count(*)::int as tables from information_schema.tables
  where table_schema not in ('pg_catalog', 'information_schema') group by 1 order by 1`

async function partitionsIn(schema: string): Promise<void> {
  const database = new Database({
    ...{ url: scratch.url, schema, log: createLogger('silent'), applicationName: 'own', connections: 1 },
  })
  try {
    await new Partitions(database.pool).ensure(new Set(WEEKS))
  } finally {
    await database.stop()
  }
}

test('installations in schemas of their own share a database with other programs', async () => {
  await query(scratch.url, 'create table tenants (id int)')
  await query(scratch.url, 'create schema drizzle')
  await query(scratch.url, 'create table drizzle.__drizzle_migrations (id int, hash text, created_at bigint)')
  for (const schema of ['one', 'two', 'select']) {
    await migrate({ url: scratch.url, schema })
    await migrate({ url: scratch.url, schema })
    await partitionsIn(schema)
  }
  const counts = new Map(
    (await query<{ schema: string; tables: number }>(scratch.url, TABLES)).map(it => [it.schema, it.tables]),
  )
  expect(counts.get('public')).toBe(1)
  expect(counts.get('drizzle')).toBe(1)
  expect(counts.get('one')).toBeGreaterThan(16 + WEEKS.length)
  expect(counts.get('two')).toBe(counts.get('one'))
  expect(counts.get('select')).toBe(counts.get('one'))
})

test('a user who may not create schemas uses one that is there', async () => {
  await query(scratch.url, 'create schema mine')
  const role = `limited_${new URL(scratch.url).pathname.slice(1)}`
  await query(scratch.url, `create role ${role} login password 'limited'`)
  try {
    await query(scratch.url, `grant all on schema mine to ${role}`)
    await migrate({
      url: Object.assign(new URL(scratch.url), { username: role, password: 'limited' }).href,
      schema: 'mine',
    })
  } finally {
    await query(scratch.url, `drop owned by ${role}`)
    await query(scratch.url, `drop role ${role}`)
  }
})

describe('a start is refused, with advice,', () => {
  const refusal = expect.objectContaining({
    name: 'StrangeTables',
    retryable: false,
    message: expect.stringMatching(
      /: set database\.schema to the schema with tikmeter's tables, or to a new one/,
    ),
  })

  test('if another program has a table of the same name', async () => {
    await query(scratch.url, 'create table tenants (id int)')
    await expect(migrate(scratch)).rejects.toEqual(refusal)
    await expect(migrate(scratch)).rejects.toThrow('another program has a table tenants in the same schema')
    expect(await query(scratch.url, TABLES)).toEqual([{ schema: 'public', tables: 1 }])
  })

  test('if another program has its migrations where ours would be', async () => {
    await query(scratch.url, 'create schema drizzle')
    await query(
      scratch.url,
      'create table drizzle.__drizzle_migrations (id int, hash text, created_at bigint)',
    )
    await query(scratch.url, 'insert into drizzle.__drizzle_migrations values (1, $$a$$, 4000000000000)')
    await expect(migrate(scratch)).rejects.toThrow(
      'another program has its migrations in drizzle.__drizzle_migrations',
    )
  })

  test('if the search path leads elsewhere than at the first start', async () => {
    await query(scratch.url, 'create schema first')
    const inFirst = `${scratch.url}?options=${encodeURIComponent('-c search_path=first')}`
    await migrate({ url: inFirst })
    await migrate({ url: inFirst })
    await expect(migrate(scratch)).rejects.toEqual(refusal)
    await expect(migrate(scratch)).rejects.toThrow(/lacks some that were made \(tenants, routers, /)
  })

  test.skipIf(!HAS_PGBOUNCER || isClustered())('if a pooler drops the search path of the URL', async () => {
    await migrate(scratch)
    await query(scratch.url, 'create schema second')
    const bouncer = await PgBouncer.start(scratch.url, [
      'pool_mode = transaction',
      'ignore_startup_parameters = options',
    ])
    try {
      const url = `${bouncer.through(scratch.url)}?options=${encodeURIComponent('-c search_path=second')}`
      await expect(migrate({ url })).rejects.toThrow(
        'database.url sets the search path second, and a pooler made it "$user", public',
      )
      await migrate({ url: bouncer.through(scratch.url), schema: 'second' })
    } finally {
      await bouncer.stop()
    }
  })
})
