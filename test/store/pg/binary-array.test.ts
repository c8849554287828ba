import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { binaryArray, type Column } from '../../../src/store/pg/binary-array.ts'
import { createScratchDatabase, type ScratchDatabase } from '../../harness/postgres/scratch-database.ts'

let database: ScratchDatabase
let client: Client
beforeAll(async () => {
  database = await createScratchDatabase()
  client = new Client({ connectionString: database.url })
  await client.connect()
})
afterAll(async () => {
  await client.end()
  await database.drop()
})

/** What PostgreSQL reads, as text. */
async function read<Value>(column: Column<Value>, values: readonly Value[]): Promise<readonly unknown[]> {
  const { rows } = await client.query<{ it: string | null }>({
    text: `select it::text from unnest($1::${column.type}[]) with ordinality as t (it, n) order by n`,
    values: [binaryArray(column, values)],
  })
  return rows.map(({ it }) => it)
}

const same = <Value>(value: Value) => value

test('PostgreSQL reads what was written, and null for null', async () => {
  const text: Column<string | null> = { name: 'it', type: 'text', of: same }
  expect(await read(text, ['', 'ä€😀', null, `{"a,b'\\`])).toEqual(['', 'ä€😀', null, `{"a,b'\\`])
  expect(await read({ ...text, type: 'jsonb' }, ['{"a": [1, null]}', null])).toEqual([
    '{"a": [1, null]}',
    null,
  ])
  const uuid = '0193a5c0-12ab-7def-8123-456789abcdef'
  expect(await read({ ...text, type: 'uuid' }, [uuid, null, uuid.toUpperCase()])).toEqual([uuid, null, uuid])
  const days = ['2026-11-24', '1999-12-31', '0001-01-01', null]
  expect(await read({ ...text, type: 'date' }, days)).toEqual(days)
  const small: Column<number | null> = { name: 'it', type: 'int2', of: same }
  expect(await read(small, [0, 32_767, null, -32_767])).toEqual(['0', '32767', null, '-32767'])
  expect(await read(small, [])).toEqual([])
})

test('numbers are exact up to the greatest safe integer, and instants to the millisecond', async () => {
  const number: Column<number | null> = { name: 'it', type: 'int8', of: same }
  const numbers = [0, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER, -1, -(2 ** 32), null]
  expect(await read(number, numbers)).toEqual(numbers.map(it => (it === null ? null : String(it))))
  await client.query(`set timezone = 'UTC'`)
  const instants = [Date.UTC(2026, 10, 24, 12, 0, 0, 1), 0, -1, Date.UTC(9999, 0), Date.UTC(270_000, 0)]
  expect(await read({ ...number, type: 'timestamptz' }, instants)).toEqual([
    '2026-11-24 12:00:00.001+00',
    '1970-01-01 00:00:00+00',
    '1969-12-31 23:59:59.999+00',
    '9999-01-01 00:00:00+00',
    '270000-01-01 00:00:00+00',
  ])
})

test.each<[string, () => Buffer]>([
  ['not a uuid', () => binaryArray({ name: 'it', type: 'uuid', of: same<string> }, ['no uuid'])],
  [
    'not a uuid',
    () =>
      binaryArray({ name: 'it', type: 'uuid', of: same<string> }, ['0193a5c0-12ab-7def-8123-456789abcdeg']),
  ],
  ['not a day', () => binaryArray({ name: 'it', type: 'date', of: same<string> }, ['today'])],
  ['not an exact number', () => binaryArray({ name: 'it', type: 'int8', of: same<number> }, [0.5])],
  ['not an exact number', () => binaryArray({ name: 'it', type: 'int8', of: same<number> }, [2 ** 53])],
  ['not an instant', () => binaryArray({ name: 'it', type: 'timestamptz', of: same<number> }, [Number.NaN])],
])('%s is refused', (reason, write) => {
  expect(write).toThrow(
    expect.objectContaining({ name: 'DatabaseRefused', message: expect.stringContaining(reason) }),
  )
})
