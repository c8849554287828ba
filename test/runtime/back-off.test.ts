import { expect, test } from 'vitest'
import { backOffMs } from '../../src/runtime/back-off.ts'

const WAITS = { firstMs: 100, mostMs: 1_000 }

test('a wait doubles with each failure in a row, up to the longest', () => {
  expect([1, 2, 3, 4, 5, 1_000].map(failures => backOffMs(WAITS, failures, 0))).toEqual([
    100, 200, 400, 800, 1_000, 1_000,
  ])
})

test('it is shorter at random, by less than a half', () => {
  expect([0, 0.5, 0.99].map(random => backOffMs(WAITS, 4, random))).toEqual([800, 600, 404])
})
