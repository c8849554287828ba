import { expect, test } from 'vitest'
import { collectionsIn } from './collections.ts'

const LOG = `[7:0x2e8e]    46658 ms: Mark-Compact 100.0 (132.9) -> 30.0 (130.0) MB, 7.61 / 0.09 ms  (+ 1.3 ms in 13 steps)
{"level":30,"msg":"router online"}
[7:0x9999]    46700 ms: Scavenge 5.0 (6.0) -> 4.0 (6.0) MB, 0.5 / 0.0 ms
[7:0x2e8e]    47000 ms: Scavenge 40.0 (130.0) -> 31.0 (13{"level":30,"msg":"written in between"}
[7:0x2e8e]    48000 ms: Mark-Compact (reduce) 40.0 (130.0) -> 31.0 (80.0) MB, 5.00 / 0.00 ms
`

test('collections of the main thread are read from a log with other lines', () => {
  const MB = 1024 * 1024
  expect(collectionsIn(LOG)).toEqual([
    { seconds: 46.658, isMajor: true, usedBefore: 100 * MB, usedAfter: 30 * MB, heldAfter: 130 * MB },
    { seconds: 48, isMajor: true, usedBefore: 40 * MB, usedAfter: 31 * MB, heldAfter: 80 * MB },
  ])
})
