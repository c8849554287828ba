import { expect, test } from 'vitest'
import { slicesOf } from '../../src/feed/slices.ts'

function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, number) => number)
}

test('a few tenants are all shown at the start of the turn', () => {
  expect(slicesOf(['acme', 'globex'], 5_000)).toEqual([{ afterMs: 0, items: ['acme', 'globex'] }])
})

test.each([0, 1, 200, 201, 999, 5_000])('each of %i tenants is in one slice, in order', count => {
  const slices = slicesOf(numbers(count), 1_000)
  expect(slices.flatMap(({ items }) => items)).toEqual(numbers(count))
})

test('many tenants are spread evenly over the interval, each at a fixed place', () => {
  const slices = slicesOf(numbers(500), 1_000)
  expect(slices.map(({ afterMs }) => Math.round(afterMs))).toEqual([0, 333, 667])
  expect(slices.map(({ items }) => items.length)).toEqual([167, 166, 167])
  expect(slicesOf(numbers(500), 1_000)).toEqual(slices)
})
