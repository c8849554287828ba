import { readdirSync } from 'node:fs'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { migrate } from '../../../src/store/pg/migrate.ts'
import { createScratchDatabase, type ScratchDatabase } from '../../harness/postgres/scratch-database.ts'

let database: ScratchDatabase
beforeAll(async () => {
  database = await createScratchDatabase()
})
afterAll(() => database.drop())

async function ask(statement: string): Promise<readonly Record<string, unknown>[]> {
  const client = new Client({ connectionString: database.url })
  await client.connect()
  const { rows } = await client.query<Record<string, unknown>>(statement)
  await client.end()
  return rows
}

test('two processes may migrate an empty database at once, and again afterwards', async () => {
  await ask('drop schema public cascade')
  await ask('drop schema drizzle cascade')
  await ask('create schema public')
  await Promise.all([migrate(database), migrate(database)])
  await migrate(database)
  expect(await ask('select count(*)::int as applied from drizzle.__drizzle_migrations')).toEqual([
    { applied: readdirSync('drizzle/migrations').filter(name => name.endsWith('.sql')).length },
  ])
})

test('session_deltas is partitioned, and used bytes are generated', async () => {
  expect(
    await ask(`select relkind, pg_get_partkeydef(oid) as key from pg_class where relname = 'session_deltas'`),
  ).toEqual([{ relkind: 'p', key: 'RANGE (bucket_start)' }])
  expect(
    await ask(`select is_generated from information_schema.columns where column_name = 'data_used'`),
  ).toEqual([{ is_generated: 'ALWAYS' }])
})

test('a server that refuses to answer is an error without the password', async () => {
  const error = await migrate({ url: 'postgres://who:secret@127.0.0.1:1/x' }).catch((it: unknown) => it)
  expect(error).toMatchObject({ name: 'DatabaseUnavailable', retryable: true })
  expect(JSON.stringify(error)).not.toContain('secret')
})

/** As a later release leaves the tables after a migration of its own. */
async function asLaterRelease(isCompatible: boolean): Promise<void> {
  const inAYear = Date.now() + 365 * 86_400_000
  await ask(`insert into drizzle.__drizzle_migrations (hash, created_at) values ('later', ${inAYear})`)
  if (!isCompatible) await ask(`update drizzle.tikmeter_schema set writable_since = ${inAYear}`)
}

test('a schema of a later release is refused, and nothing of it is changed', async () => {
  await asLaterRelease(false)
  const before = await ask('select oid, relname from pg_class order by oid')
  await expect(migrate(database)).rejects.toMatchObject({ name: 'SchemaTooNew', retryable: false })
  expect(await ask('select oid, relname from pg_class order by oid')).toEqual(before)
  await ask(`delete from drizzle.__drizzle_migrations where hash = 'later'`)
  await ask('update drizzle.tikmeter_schema set writable_since = 0')
  await migrate(database)
})

test('a schema of a later release that this one can write is left as it is', async () => {
  await asLaterRelease(true)
  const before = await ask('select oid, relname from pg_class order by oid')
  await migrate(database)
  expect(await ask('select oid, relname from pg_class order by oid')).toEqual(before)
  await ask(`delete from drizzle.__drizzle_migrations where hash = 'later'`)
})
