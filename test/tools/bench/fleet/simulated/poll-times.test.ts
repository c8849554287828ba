import { expect, test } from 'vitest'
import { PollTimes } from './poll-times.ts'

function polledAt(...times: readonly number[]): PollTimes {
  const polls = new PollTimes()
  for (const at of times) polls.note(at)
  return polls
}

test('lateness is relative to the router’s own time in the interval', () => {
  const { ticks, late, missed, delaysMs } = polledAt(
    ...[7_010, 12_000, 17_050, 22_150, 27_000, 32_001, 37_000, 42_000, 47_000, 52_000, 57_000],
  ).punctuality(5_000)
  expect({ ticks, late, missed }).toEqual({ ticks: 11, late: 1, missed: 0 })
  expect(Math.max(...delaysMs)).toBe(150)
})

test('a tick without a poll is missed', () => {
  expect(polledAt(0, 5_000, 15_000, 30_000).punctuality(5_000).missed).toBe(3)
})

test('the interval to the first recorded poll counts, the poll before does not', () => {
  const polls = polledAt(0, 5_000)
  polls.begin()
  polls.note(15_000)
  expect(polls.punctuality(5_000)).toMatchObject({ ticks: 1, missed: 1, late: 0 })
})
