import { expect, test } from 'vitest'
import { type ParsedRow, RowMemory } from '../../../src/routeros/rows/row-memory.ts'
import { parseSentence, type Row } from '../../../src/routeros/wire/sentence.ts'
import { encodeSentence } from '../../../src/routeros/wire/words.ts'

function words(id: string, uptime: string, user = 'ann'): readonly Buffer[] {
  return ['!re', '.tag=1', `=.id=${id}`, `=user=${user}`, `=uptime=${uptime}`].map(word => Buffer.from(word))
}

/** Receives a reply of these rows. @returns for each whether it was recognised by its bytes */
function print(memory: RowMemory, ...rows: readonly (readonly Buffer[])[]): readonly boolean[] {
  memory.begin()
  const known = rows.map(row => {
    const isKnown = memory.take(encodeSentence(row), 0) > 0
    if (!isKnown) memory.add(row, parseSentence(row).row)
    return isKnown
  })
  memory.end()
  return known
}

test('a row is recognised the second time whatever its uptime is, but not if anything else changed', () => {
  const memory = new RowMemory(['uptime'], 1e9)
  expect(print(memory, words('*A', '1s'))).toEqual([false])
  expect(print(memory, words('*A', '1w2d3h'))).toEqual([true])
  expect([...memory.values(0)]).toEqual([604_800 + 2 * 86_400 + 3 * 3_600])
  expect(print(memory, words('*A', '01:02:03'))).toEqual([false])
  expect(memory.takeParsed()).toMatchObject([{ number: 0, isNew: false }])
  expect(print(memory, words('*A', '2s', 'bob'))).toEqual([false])
  expect(memory.takeParsed()).toMatchObject([{ number: 1, isNew: true }])
})

test('a row is found by its id until it is gone', () => {
  const memory = new RowMemory(['uptime'], 1e9)
  print(memory, words('*A', '1s'), words('*A1', '1s'), words('*B', '1s'))
  expect([memory.find('.id', '*A')[0], memory.find('.id', '*A1')[0], memory.find('.id', '*B')[0]]).toEqual([
    0, 1, 2,
  ])
  print(memory, words('*A', '2s'), words('*B', '2s'))
  expect([memory.find('.id', '*A1')[0], memory.find('.id', '*B')[0], memory.find('.id', '*C')[0]]).toEqual([
    undefined,
    2,
    undefined,
  ])
})

test('no row of an incomplete reply is recognised', () => {
  const memory = new RowMemory(['uptime'], 1e9)
  const by = memory.by
  print(memory, words('*A', '1s'))
  memory.begin()
  memory.take(encodeSentence(words('*A', '2s')), 0)
  expect(print(memory, words('*A', '3s'))).toEqual([false])
  expect(memory.by).not.toBe(by)
})

test('equal rows have different numbers', () => {
  const memory = new RowMemory(['uptime'], 1e9)
  print(memory, words('*A', '1s'), words('*A', '1s'))
  expect(memory.takeParsed().map(({ number }) => number)).toEqual([0, 1])
  expect(print(memory, words('*A', '2s'), words('*A', '2s'))).toEqual([true, true])
  expect([...memory.numbers]).toEqual([0, 1])
})

test('the bytes of rows that are gone are freed', () => {
  const memory = new RowMemory(['uptime'], 1e9)
  for (let round = 0; round < 2_000; round++) print(memory, words(`*${round}`, '1s', 'x'.repeat(100)))
  expect(memory.find('.id', '*1999')[0]).toBeDefined()
  expect(memory.capacity).toBeLessThan(4)
})

test('a row with two ids has the last one, as if it were parsed in full', () => {
  const memory = new RowMemory(['uptime'], 1e9)
  print(memory, [...words('*A', '1s'), Buffer.from('=.id=*B')], words('*C', '1s', '\t=.id=*A'))
  expect([memory.find('.id', '*A'), memory.find('.id', '*B'), memory.find('.id', '*C')]).toEqual([
    [],
    [0],
    [1],
  ])
})

test('at most two rows with one value are found, and none of a reply under way', () => {
  const memory = new RowMemory(['uptime'], 1e9)
  print(memory, words('*A', '1s'), words('*B', '1s'), words('*C', '1s'))
  memory.begin()
  memory.add(words('*D', '1s'), parseSentence(words('*D', '1s')).row)
  expect([memory.find('user', 'ann'), memory.find('.id', '*D')]).toEqual([[0, 1], []])
  memory.end()
  expect([memory.find('user', 'ann'), memory.find('.id', '*D')]).toEqual([[3], [3]])
})

test('a row that is longer than any honest row is not remembered', () => {
  const memory = new RowMemory(['uptime'], 1e9)
  const long = words('*A', '1s', 'x'.repeat(5_000))
  expect([print(memory, long), print(memory, long)]).toEqual([[false], [false]])
})

test('four times as many equal rows that the fast path cannot read do not take quadratic time', () => {
  const twins = (count: number) => Array<readonly Buffer[]>(count).fill(words('*A', '01:02:03'))
  const cpuOf = (count: number) => {
    const memory = new RowMemory(['uptime'], 1e9)
    print(memory, ...twins(count))
    const before = process.cpuUsage()
    print(memory, ...twins(count))
    return process.cpuUsage(before).user / 1_000
  }
  cpuOf(1_000)
  const few = cpuOf(5_000)
  expect(cpuOf(20_000)).toBeLessThan(10 * few + 100)
})

test('a row that a sink takes is not kept, and a row that the sink refuses has no number', () => {
  const memory = new RowMemory(['uptime'], 1e9)
  const taken: number[] = []
  const sink = {
    admits: (row: Row) => row.get('user') !== 'eve',
    take: ({ number }: ParsedRow) => taken.push(number),
  }
  const print = (...rows: readonly (readonly Buffer[])[]) => {
    memory.begin(sink)
    for (const row of rows) memory.add(row, parseSentence(row).row)
    memory.end()
  }
  print(words('*A', '1s'), words('*B', '1s', 'eve'), words('*C', '1s'))
  expect([taken, memory.capacity, memory.takeParsed()]).toEqual([[0, 1], 2, []])
  expect([memory.find('.id', '*B'), memory.find('.id', '*C')]).toEqual([[], [1]])
})
