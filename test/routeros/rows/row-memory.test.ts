import { expect, test } from 'vitest'
import { RowMemory, type WholeRow } from '../../../src/routeros/rows/row-memory.ts'
import { parseSentence, type Row } from '../../../src/routeros/wire/sentence.ts'
import { encodeSentence } from '../../../src/routeros/wire/words.ts'

function words(id: string, uptime: string, user = 'ann'): readonly Buffer[] {
  return ['!re', '.tag=1', `=.id=${id}`, `=user=${user}`, `=uptime=${uptime}`].map(word => Buffer.from(word))
}

/** A reply of these rows, by the general path or by their bytes. @returns which of them were known */
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

test('a row is known once it has come, whatever its uptime is, and no longer when anything else is another', () => {
  const memory = new RowMemory(['uptime'], 1e9)
  expect(print(memory, words('*A', '1s'))).toEqual([false])
  expect(print(memory, words('*A', '1w2d3h'))).toEqual([true])
  expect([...memory.values(0)]).toEqual([604_800 + 2 * 86_400 + 3 * 3_600])
  expect(print(memory, words('*A', '01:02:03'))).toEqual([false])
  expect(memory.takeWholes()).toMatchObject([{ number: 0, isNew: false }])
  expect(print(memory, words('*A', '2s', 'bob'))).toEqual([false])
  expect(memory.takeWholes()).toMatchObject([{ number: 1, isNew: true }])
})

test('a row is found by its id, and one that has gone is not', () => {
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

test('of a reply that broke off nothing is known', () => {
  const memory = new RowMemory(['uptime'], 1e9)
  const by = memory.by
  print(memory, words('*A', '1s'))
  memory.begin()
  memory.take(encodeSentence(words('*A', '2s')), 0)
  expect(print(memory, words('*A', '3s'))).toEqual([false])
  expect(memory.by).not.toBe(by)
})

test('twins have a number each', () => {
  const memory = new RowMemory(['uptime'], 1e9)
  print(memory, words('*A', '1s'), words('*A', '1s'))
  expect(memory.takeWholes().map(({ number }) => number)).toEqual([0, 1])
  expect(print(memory, words('*A', '2s'), words('*A', '2s'))).toEqual([true, true])
  expect([...memory.numbers]).toEqual([0, 1])
})

test('the bytes of those that have gone are given back', () => {
  const memory = new RowMemory(['uptime'], 1e9)
  for (let round = 0; round < 2_000; round++) print(memory, words(`*${round}`, '1s', 'x'.repeat(100)))
  expect(memory.find('.id', '*1999')[0]).toBeDefined()
  expect(memory.capacity).toBeLessThan(4)
})

test('a row that is told by an id twice over goes by the last, as when it is told whole', () => {
  const memory = new RowMemory(['uptime'], 1e9)
  print(memory, [...words('*A', '1s'), Buffer.from('=.id=*B')], words('*C', '1s', '\t=.id=*A'))
  expect([memory.find('.id', '*A'), memory.find('.id', '*B'), memory.find('.id', '*C')]).toEqual([
    [],
    [0],
    [1],
  ])
})

test('of rows with one value two are found, and rows of a reply under way are not yet', () => {
  const memory = new RowMemory(['uptime'], 1e9)
  print(memory, words('*A', '1s'), words('*B', '1s'), words('*C', '1s'))
  memory.begin()
  memory.add(words('*D', '1s'), parseSentence(words('*D', '1s')).row)
  expect([memory.find('user', 'ann'), memory.find('.id', '*D')]).toEqual([[0, 1], []])
  memory.end()
  expect([memory.find('user', 'ann'), memory.find('.id', '*D')]).toEqual([[3], [3]])
})

test('a row of more bytes than any honest one is not remembered', () => {
  const memory = new RowMemory(['uptime'], 1e9)
  const long = words('*A', '1s', 'x'.repeat(5_000))
  expect([print(memory, long), print(memory, long)]).toEqual([[false], [false]])
})

test('four times as many rows alike, told in a way that no fast path takes, do not take the square of the time', () => {
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

test('of a row that somebody takes as it comes nothing is kept, and one that is not let in has no number', () => {
  const memory = new RowMemory(['uptime'], 1e9)
  const taken: number[] = []
  const into = {
    admits: (row: Row) => row.get('user') !== 'eve',
    take: ({ number }: WholeRow) => taken.push(number),
  }
  const print = (...rows: readonly (readonly Buffer[])[]) => {
    memory.begin(into)
    for (const row of rows) memory.add(row, parseSentence(row).row)
    memory.end()
  }
  print(words('*A', '1s'), words('*B', '1s', 'eve'), words('*C', '1s'))
  expect([taken, memory.capacity, memory.takeWholes()]).toEqual([[0, 1], 2, []])
  expect([memory.find('.id', '*B'), memory.find('.id', '*C')]).toEqual([[], [1]])
})
