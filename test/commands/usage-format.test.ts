import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { bytesText, jsonOf, tableTextOf } from '../../src/commands/usage-format.ts'
import type { TableRow } from '../../src/store/pg/row-stream.ts'

const COLUMNS = ['tenant', 'username', 'used']

function row(username: string, used: bigint): TableRow {
  return { tenant: 'acme', username, used }
}

async function* rowsOf(...rows: readonly TableRow[]): AsyncIterable<TableRow> {
  yield* rows
}

test('JSON has every byte, however many there are', async () => {
  const json = await text(Readable.from(jsonOf(rowsOf(row('a"b', 9_007_199_254_740_993n), row('c', 0n)))))
  expect(json).toBe(
    '[\n{"tenant":"acme","username":"a\\"b","used":9007199254740993},\n{"tenant":"acme","username":"c","used":0}\n]\n',
  )
  expect(await text(Readable.from(jsonOf(rowsOf())))).toBe('[]\n')
  const hostile = await text(Readable.from(jsonOf(rowsOf(row('\x1b\x9b\u202e', 0n)))))
  expect(hostile).toContain('"\\u001b\\u009b\\u202e"')
})

test('a table is for people, and ends with the sum', async () => {
  const rows = rowsOf(row('ann', 1_536n), row('bo\u001b[2J', 3n * 1024n ** 3n))
  expect(await text(Readable.from(tableTextOf(rows, COLUMNS, 'no usage')))).toBe(
    [
      'TENANT  USERNAME  USED',
      'acme    ann       1.50 KB',
      'acme    bo\ufffd[2J    3.00 GB',
      '',
      '2 rows, 3.00 GB in all',
      '',
    ].join('\n'),
  )
  expect(await text(Readable.from(tableTextOf(rowsOf(), COLUMNS, 'no usage')))).toBe('no usage\n')
})

test('bytes are printed in a suitable unit', () => {
  expect([0n, 1_023n, 1_024n, 1_234n * 1024n ** 3n, 5n * 1024n ** 6n].map(bytesText)).toEqual([
    '0 B',
    '1023 B',
    '1.00 KB',
    '1.21 TB',
    '5.00 EB',
  ])
})
