import fc from 'fast-check'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { csvOf } from '../../../src/runtime/csv.ts'
import { csvLines } from '../../../src/store/usage/csv-lines.ts'
import { createScratchDatabase, type ScratchDatabase } from '../../harness/postgres/scratch-database.ts'
import { character } from '../../random-text.ts'

type Row = readonly [string | null, string | null, string | null]

const COLUMNS = ['username', 'upload', 'subject']

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

async function byPostgres(rows: readonly Row[]): Promise<string> {
  const text = csvLines('select * from unnest($1::text[], $2::text[], $3::text[])', COLUMNS)
  const values = COLUMNS.map((_, at) => rows.map(row => row[at]))
  const answer = await client.query<[string]>({ text, values, rowMode: 'array' })
  return answer.rows.join('')
}

async function byUs(rows: readonly Row[]): Promise<string> {
  const batches = (async function* () {
    yield rows
  })()
  let text = ''
  for await (const chunk of csvOf(COLUMNS, batches)) text += chunk
  return text.slice(text.indexOf('\r\n') + 2)
}

test('whatever names are, PostgreSQL writes them as we do', async () => {
  const name = fc.oneof(
    // PostgreSQL cannot store NUL, and stored names have none.
    fc.string({ unit: character }).map(text => text.replaceAll('\0', '')),
    fc.string({
      unit: fc.constantFrom(
        ...'=+-@\t\r\n"\',;| a1＝＋－＠\x1b\x7f\x9b\u00a0\u061c\u200b\u2028\u202e\u2069\ufeff',
      ),
    }),
    fc.stringMatching(/^\+[0-9]{1,12}$/),
  )
  const bytes = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }).map(String)
  const row = fc.tuple(fc.option(name), fc.option(bytes), fc.option(name))
  await fc.assert(
    fc.asyncProperty(fc.array(row, { maxLength: 20 }), async rows => {
      expect(await byPostgres(rows)).toBe(await byUs(rows))
    }),
    { numRuns: 300 },
  )
})
