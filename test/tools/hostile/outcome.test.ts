import { expect, test } from 'vitest'
import { brokenBounds, type Outcome } from './outcome.ts'

const GOOD: Outcome = {
  ...{ kind: 'any', victims: 1, sentBytes: 1, missedTicks: 0, longestHealthMs: 249, commitLag: 1.9 },
  ...{ grownBytes: 149e6, journalBytes: 64e6, maxJournalBytes: 64e6, differenceBytes: 0n, exitCode: 0 },
}

test('if all bounds hold, none is reported', () => {
  expect(brokenBounds(GOOD)).toEqual([])
})

test.each<[string, Partial<Outcome>]>([
  ['the hostile router did nothing', { sentBytes: 0 }],
  ['honest routers missed 1 ticks', { missedTicks: 1 }],
  ['/healthz took 250 ms, but must be below 250 ms', { longestHealthMs: 250 }],
  ['commits lagged 2.0 intervals behind, but must be below 2', { commitLag: 2 }],
  ['commits lagged NaN intervals behind, but must be below 2', { commitLag: Number.NaN }],
  ['RSS grew by 150 MB, but must be below 150 MB', { grownBytes: 150e6 }],
  ['the journal had 65 MB, and its bound is 64 MB', { journalBytes: 65e6 }],
  ['1 bytes of honest subscribers differ', { differenceBytes: 1n }],
  ['the daemon ended with null', { exitCode: null }],
])('a broken bound is named: %s', (words, broken) => {
  expect(brokenBounds({ ...GOOD, ...broken })).toEqual([`any: ${words}`])
})
