import { expect, test } from 'vitest'
import { perSecond, RateLimit } from '../../src/runtime/rate-limit.ts'

test('a number is left at once, and more each second', () => {
  const limit = new RateLimit({ atOnce: 3, perSecond: 2 }, 0)
  const taken = [0, 0, 0, 0, 499, 500, 500, 1000].map(nowMs => limit.take(nowMs))
  expect(taken).toEqual([true, true, true, false, false, true, false, true])
})

test('unused tokens never exceed the number at once', () => {
  const limit = new RateLimit(perSecond(2), 0)
  expect([1, 2, 3].map(() => limit.take(3_600_000))).toEqual([true, true, false])
})

test('the time to the next one is known in seconds', () => {
  const limit = new RateLimit({ atOnce: 1, perSecond: 0.1 }, 0)
  expect(limit.secondsToNext(0)).toBe(0)
  limit.take(0)
  expect([0, 100, 9_500, 10_000].map(nowMs => limit.secondsToNext(nowMs))).toEqual([10, 10, 1, 0])
})
