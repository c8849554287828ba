import { expect, test } from 'vitest'
import { parseDuration } from '../../../src/routeros/menus/duration.ts'

const DURATIONS: readonly (readonly [string, number | undefined])[] = [
  ['0s', 0],
  ['1s', 1],
  ['59s', 59],
  ['1m', 60],
  ['12m4s', 724],
  ['1h', 3_600],
  ['3d17h14m31s', 321_271],
  ['1w2d3h4m5s', 788_645],
  ['52w', 31_449_600],
  ['01:22:53', 4_973],
  ['00:00:07', 7],
  ['1d02:03:04', 93_784],
  ['2w1d00:00:01', 1_296_001],
  ['500ms', 0.5],
  ['1s500ms', 1.5],
  ['00:00:01.25', 1.25],
  ['', undefined],
  ['s', undefined],
  ['5', undefined],
  ['never', undefined],
  ['1y', undefined],
  ['-1s', undefined],
  ['1s ', undefined],
  ['1.5s', undefined],
  ['1d 02:03:04', undefined],
  ['01:2:3', undefined],
  ['9999999999w', undefined],
]

for (const [text, seconds] of DURATIONS)
  test(`${JSON.stringify(text)} is ${seconds === undefined ? 'no duration' : `${seconds} s`}`, () => {
    expect(parseDuration(text)).toBe(seconds)
  })

test('a hostile duration is refused at once', () => {
  const beganMs = performance.now()
  expect(parseDuration(`${'1'.repeat(60_000)}x`)).toBeUndefined()
  expect(parseDuration(`${'1m'.repeat(30_000)}x`)).toBeUndefined()
  expect(performance.now() - beganMs).toBeLessThan(1_000)
})
