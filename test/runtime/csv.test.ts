import { stringify } from 'csv-stringify/sync'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { csvOf } from '../../src/runtime/csv.ts'
import { character } from '../random-text.ts'

type Rows = readonly (readonly (string | bigint | null)[])[]

async function* batchesOf(...batches: readonly Rows[]): AsyncIterable<Rows> {
  yield* batches
}

async function csvText(columns: readonly string[], ...batches: readonly Rows[]): Promise<string> {
  let text = ''
  for await (const chunk of csvOf(columns, batchesOf(...batches))) text += chunk
  return text
}

/** The cells of all lines in a spreadsheet that splits lines at `separator`, with or without regard to quotes. */
function cellsOf(text: string, separator: string, knowsQuotes: boolean): readonly string[] {
  const cells = ['']
  let isQuoted = false
  let isNew = true
  let hasJustClosed = false
  for (const character of text) {
    if (knowsQuotes && character === '"' && (isQuoted || isNew || hasJustClosed)) {
      hasJustClosed = isQuoted
      isQuoted = !isQuoted
      isNew = false
      continue
    }
    hasJustClosed = false
    if (!isQuoted && (character === separator || character === '\n' || character === '\r')) {
      cells.push('')
      isNew = true
      continue
    }
    if (character.trim() !== '') isNew = false
    cells.push(cells.pop() + character)
  }
  return cells
}

test('a spreadsheet takes no name for a formula, and shows every name as it is', async () => {
  const rows: Rows = [
    ['acme', '=cmd|calc', 1n],
    ['acme', '@sum', 2n],
    ['acme', 'Ágnes, "the" 2nd', 9_007_199_254_740_993n],
    ['acme', 'a-b;c|d', null],
  ]
  expect(await csvText(['tenant', 'username', 'used'], rows.slice(0, 1), rows.slice(1))).toBe(
    [
      '\ufefftenant,username,used',
      "acme,'=cmd|calc,1",
      "acme,'@sum,2",
      'acme,"Ágnes, ""the"" 2nd",9007199254740993',
      'acme,a-b;c|d,',
      '',
    ].join('\r\n'),
  )
  expect(await csvText(['tenant'])).toBe('\ufefftenant\r\n')
})

test.each([
  ['+254712345678', '+254712345678'],
  ['+254712345678*1', "'+254712345678*1"],
  ['-254712345678', "'-254712345678"],
  ['x;=1+1', "x;'=1+1"],
  ['x|  @sum', "x|'  @sum"],
  ['x;"=1+1"', '"x;\'""=1+1"""'],
  ['  =1+1', "'  =1+1"],
  ['\u00a0\u200b+1-1', "'\u00a0\u200b+1-1"],
  ['x\n=1+1', 'x\ufffd=1+1'],
  ['x\r\nacme,eve,5', '"x\ufffd\ufffdacme,eve,5"'],
  ['\x1b[2J\u202egpj', '\ufffd[2J\ufffdgpj'],
])('of %j a spreadsheet and a terminal get %j', async (name, cell) => {
  expect(await csvText(['tenant', 'username'], [['acme', name]])).toBe(
    `\ufefftenant,username\r\nacme,${cell}\r\n`,
  )
})

test('a phone number at the begin of a line is escaped, because what follows could make it a formula', async () => {
  expect(await csvText(['username', 'subject'], [['+254712345678', "5*cmd|'/C calc'!A0"]])).toContain(
    "\r\n'+254712345678,5*cmd",
  )
  expect(await csvText(['username'], [['+254712345678']])).toContain('\r\n+254712345678\r\n')
})

const HOSTILE = [...'=+-@\t\r\n"\',;| a1\x1b\x9b\u00a0\u200b\u2028\u202e\ufeff＝＋－＠']

test('with any names, no cell begins like a formula, whether a line is split at , ; or |', async () => {
  const name = fc.oneof(
    fc.string({ unit: character }),
    fc.string({ unit: fc.constantFrom(...HOSTILE) }),
    fc.stringMatching(/^[+-][0-9]{1,12}$/),
  )
  const rows = fc.array(fc.tuple(fc.option(name), fc.option(name), fc.bigInt({ min: 0n }), name))
  const ways = [
    [',', true],
    [';', true],
    [';', false],
    ['|', true],
    ['|', false],
  ] as const
  await fc.assert(
    fc.asyncProperty(rows, async cells => {
      const text = await csvText(['a', 'b', 'c', 'd'], cells)
      for (const [separator, knowsQuotes] of ways) {
        const formulas = cellsOf(text, separator, knowsQuotes).filter(
          cell => /^[\s"\u200b]*[=+\-@＝＋－＠]/.test(cell) && !/^\+[0-9]+$/.test(cell),
        )
        expect(formulas).toEqual([])
      }
    }),
    { numRuns: 500 },
  )
})

test('names that do not begin like a formula are written as csv-stringify writes them', async () => {
  const name = fc.string({ unit: fc.constantFrom('"', "'", ',', ';', '|', ' ', 'a', 'é', '漢', '😀') })
  const rows = fc.array(fc.tuple(name, fc.option(name), fc.bigInt({ min: 0n })))
  await fc.assert(
    fc.asyncProperty(rows, async cells => {
      const options = { bom: true, header: true, columns: ['a', 'b', 'c'] }
      const theirs = stringify(cells, { ...options, record_delimiter: 'windows', cast: { bigint: String } })
      expect(await csvText(['a', 'b', 'c'], cells)).toBe(theirs)
    }),
  )
})
