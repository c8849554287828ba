import { expect, test } from 'vitest'
import { TwinRows } from '../../../src/services/ppp/twin-rows.ts'

/** Answers one after the other, each with rows by their number: an interface and its bytes. */
class Answers {
  readonly twins = new TwinRows()

  /** @returns the bytes of each row after it */
  take(rows: Readonly<Record<number, readonly [key: string, bytes: number]>>, fresh: readonly number[]) {
    const bytes = new Float64Array(8).fill(Number.NaN)
    for (const [number, [, shown]] of Object.entries(rows)) bytes[Number(number)] = shown
    for (const number of fresh) this.twins.note(number, rows[number]?.[0] ?? '')
    this.twins.level(number => number in rows, bytes, Float64Array.from(bytes))
    return Object.keys(rows).map(number => bytes[Number(number)])
  }
}

test('rows of one interface have the larger counters, in each answer that has both', () => {
  const answers = new Answers()
  expect(answers.take({ 0: ['a', 10], 1: ['b', 7] }, [0, 1])).toEqual([10, 7])
  expect(answers.take({ 0: ['a', 5], 1: ['b', 7], 2: ['a', 11] }, [2])).toEqual([11, 7, 11])
  expect([0, 1, 2].map(it => answers.twins.isTwice(it))).toEqual([true, false, true])
  expect(answers.take({ 0: ['a', 12], 1: ['b', 8], 2: ['a', 6] }, [])).toEqual([12, 8, 12])
  expect(answers.take({ 0: ['a', 13], 1: ['b', 9] }, [])).toEqual([13, 9])
  expect(answers.twins.isTwice(0)).toBe(false)
})

test('three rows of one interface are one', () => {
  const answers = new Answers()
  expect(answers.take({ 0: ['a', 1], 1: ['a', 3], 2: ['a', 2] }, [0, 1, 2])).toEqual([3, 3, 3])
  expect([0, 1, 2].map(it => answers.twins.firstOf(it))).toEqual([0, 0, 0])
})

test('interfaces that come back with each other’s numbers are not twins', () => {
  const answers = new Answers()
  answers.take({ 0: ['a', 10], 1: ['b', 7] }, [0, 1])
  answers.take({}, [])
  expect(answers.take({ 0: ['b', 8], 1: ['a', 12] }, [1, 0])).toEqual([8, 12])
  expect(answers.take({ 0: ['c', 1], 1: ['a', 13], 2: ['b', 9] }, [0, 2])).toEqual([1, 13, 9])
})

test('a row whose counters cannot be read gets those of its twin', () => {
  expect(new Answers().take({ 0: ['a', Number.NaN], 1: ['a', 4] }, [0, 1])).toEqual([4, 4])
})
