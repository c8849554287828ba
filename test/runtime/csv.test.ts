import { stringify } from 'csv-stringify/sync'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { csvOf } from '../../src/runtime/csv.ts'

type Rows = readonly (readonly (string | bigint | null)[])[]

async function* batchesOf(...batches: readonly Rows[]): AsyncIterable<Rows> {
  yield* batches
}

async function csvText(columns: readonly string[], ...batches: readonly Rows[]): Promise<string> {
  let text = ''
  for await (const chunk of csvOf(columns, batchesOf(...batches))) text += chunk
  return text
}

test('a spreadsheet takes no name for a formula, and every name as it is written', async () => {
  const rows: Rows = [
    ['acme', '=cmd|calc', 1n],
    ['acme', '@sum', 2n],
    ['acme', 'Ágnes, "the" 2nd', 9_007_199_254_740_993n],
    ['acme', 'two\nlines', null],
  ]
  expect(await csvText(['tenant', 'username', 'used'], rows.slice(0, 1), rows.slice(1))).toBe(
    [
      '\ufefftenant,username,used',
      "acme,'=cmd|calc,1",
      "acme,'@sum,2",
      'acme,"Ágnes, ""the"" 2nd",9007199254740993',
      'acme,"two\nlines",',
      '',
    ].join('\r\n'),
  )
  expect(await csvText(['tenant'])).toBe('\ufefftenant\r\n')
})

test('whatever names are, they are written as csv-stringify writes them', async () => {
  const name = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.string({
      unit: fc.constantFrom('=', '+', '-', '@', '\t', '\r', '\n', '"', "'", ',', ' ', 'a', '＝', '＠'),
    }),
  )
  const rows = fc.array(fc.tuple(name, fc.option(name), fc.bigInt({ min: 0n })))
  await fc.assert(
    fc.asyncProperty(rows, async its => {
      const options = {
        bom: true,
        header: true,
        columns: ['a', 'b', 'c'],
        escape_formulas: true,
        quoted_match: /[\r\n]/,
      }
      const theirs = stringify(its, { ...options, record_delimiter: 'windows', cast: { bigint: String } })
      expect(await csvText(['a', 'b', 'c'], its)).toBe(theirs)
    }),
  )
})
