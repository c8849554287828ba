import { expect, test } from 'vitest'
import { fitLine } from './line.ts'

test('points on a line lie on it', () => {
  const { slope, growth, scatter } = fitLine([0, 1, 2, 3].map(x => ({ x, y: 5 + 2 * x })))
  expect([slope, growth]).toEqual([2, 6])
  expect(scatter).toBeCloseTo(0)
})

test('a wave around a level is not growth, and scatters', () => {
  const { growth, scatter } = fitLine([0, 1, 2, 3].map(x => ({ x, y: x === 1 || x === 2 ? 1 : -1 })))
  expect(growth).toBeCloseTo(0)
  expect(scatter).toBeCloseTo(1)
})
