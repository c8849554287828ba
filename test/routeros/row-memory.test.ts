import { expect, test } from 'vitest'
import { RowMemory } from '../../src/routeros/row-memory.ts'
import { parseSentence } from '../../src/routeros/sentence.ts'
import { encodeSentence } from '../../src/routeros/words.ts'

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
  const memory = new RowMemory(['uptime'])
  expect(print(memory, words('*A', '1s'))).toEqual([false])
  expect(print(memory, words('*A', '1w2d3h'))).toEqual([true])
  expect([...memory.values(0)]).toEqual([604_800 + 2 * 86_400 + 3 * 3_600])
  expect(print(memory, words('*A', '01:02:03'))).toEqual([false])
  expect(memory.takeWholes()).toMatchObject([{ number: 0, isNew: false }])
  expect(print(memory, words('*A', '2s', 'bob'))).toEqual([false])
  expect(memory.takeWholes()).toMatchObject([{ number: 1, isNew: true }])
})

test('a row is found by its id, and one that has gone is not', () => {
  const memory = new RowMemory(['uptime'])
  print(memory, words('*A', '1s'), words('*A1', '1s'), words('*B', '1s'))
  expect([memory.find('=.id=*A'), memory.find('=.id=*A1'), memory.find('=.id=*B')]).toEqual([0, 1, 2])
  print(memory, words('*A', '2s'), words('*B', '2s'))
  expect([memory.find('=.id=*A1'), memory.find('=.id=*B'), memory.find('=.id=*C')]).toEqual([
    undefined,
    2,
    undefined,
  ])
})

test('of a reply that broke off nothing is known', () => {
  const memory = new RowMemory(['uptime'])
  const by = memory.by
  print(memory, words('*A', '1s'))
  memory.begin()
  memory.take(encodeSentence(words('*A', '2s')), 0)
  expect(print(memory, words('*A', '3s'))).toEqual([false])
  expect(memory.by).not.toBe(by)
})

test('twins have a number each', () => {
  const memory = new RowMemory(['uptime'])
  print(memory, words('*A', '1s'), words('*A', '1s'))
  expect(memory.takeWholes().map(({ number }) => number)).toEqual([0, 1])
  expect(print(memory, words('*A', '2s'), words('*A', '2s'))).toEqual([true, true])
  expect([...memory.numbers]).toEqual([0, 1])
})

test('the bytes of those that have gone are given back', () => {
  const memory = new RowMemory(['uptime'])
  for (let round = 0; round < 2_000; round++) print(memory, words(`*${round}`, '1s', 'x'.repeat(100)))
  expect(memory.find('=.id=*1999')).toBeDefined()
  expect(memory.capacity).toBeLessThan(4)
})
