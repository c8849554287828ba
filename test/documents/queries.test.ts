import { getTableName, is } from 'drizzle-orm'
import { PgTable } from 'drizzle-orm/pg-core'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import * as alertTables from '../../src/store/schema/alert-schema.ts'
import * as daemonTables from '../../src/store/schema/daemon-schema.ts'
import * as decisionTables from '../../src/store/schema/decision-schema.ts'
import * as tables from '../../src/store/schema/schema.ts'
import { createScratchDatabase, type ScratchDatabase } from '../harness/postgres/scratch-database.ts'
import { blocksIn, readDocument, spansIn } from './documents.ts'

let scratch: ScratchDatabase
let client: Client
beforeAll(async () => {
  scratch = await createScratchDatabase()
  client = new Client({ connectionString: scratch.url })
  await client.connect()
})
afterAll(async () => {
  await client.end()
  await scratch.drop()
})

test.each(blocksIn('sql'))('the query at $at fits the tables', async ({ text }) => {
  expect((await client.query(text)).rows).toEqual([])
})

test('docs/tables.md has each table, and no other', () => {
  const all = Object.values({ ...tables, ...alertTables, ...daemonTables, ...decisionTables })
  const names = all.flatMap(it => (is(it, PgTable) ? [getTableName(it)] : []))
  const [, rows = ''] = /^\| table \| a row \|\n(.*?)\n\n/ms.exec(readDocument('docs/tables.md').prose) ?? []
  const documented = rows.split('\n').flatMap(row => spansIn(row.split(' | ')[0] ?? ''))
  expect(documented.sort()).toEqual(names.sort())
})
