import { expect, test } from 'vitest'
import { Exposition, quantileBetween, sumOfBuckets } from './exposition.ts'

const TEXT = `# HELP a_seconds Something.
a_seconds{quantile="0.5"} 0.002
a_seconds_max 0.04
b_bucket{le="0.1",kind="x"} 50
b_bucket{le="0.2",kind="x"} 100
b_bucket{le="+Inf",kind="x"} 100
`

test('a series is found by its whole name', () => {
  const metrics = new Exposition(TEXT)
  expect(metrics.value('a_seconds{quantile="0.5"}')).toBe(0.002)
  expect(metrics.value('a_seconds_max')).toBe(0.04)
  expect(metrics.value('a_seconds')).toBeUndefined()
})

test('a quantile of the values between two looks lies within its bucket', () => {
  const after = new Exposition(TEXT).buckets('b')
  expect(quantileBetween(new Map(), after, 0.75)).toBeCloseTo(0.15)
  const before = new Map([...after].map(([bound, count]) => [bound, count / 2]))
  expect(quantileBetween(before, after, 0.25)).toBeCloseTo(0.05)
  expect(quantileBetween(after, after, 0.99)).toBeUndefined()
  expect(quantileBetween(new Map(), new Map(), 0.99)).toBeUndefined()
})

test('the buckets of several pages are added up', () => {
  const page = new Exposition(TEXT)
  const sum = new Map([
    [0.1, 100],
    [0.2, 200],
    [Number.POSITIVE_INFINITY, 200],
  ])
  expect(sumOfBuckets([page, page], 'b')).toEqual(sum)
  expect(sumOfBuckets([], 'b')).toEqual(new Map())
})
