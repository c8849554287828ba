import { expect, test } from 'vitest'
import { firstDay, HISTORY_DAYS, historyOf } from '../../src/dashboard/history.ts'
import { RateWindow } from '../../src/dashboard/rate-window.ts'

const TODAY = { day: '2026-11-24', download: 50, upload: 5 }

test('the history is thirty days up to today, and a day without usage is zero, not missing', () => {
  const days = historyOf([{ day: '2026-11-20', download: 7, upload: 1 }], TODAY)
  expect(days).toHaveLength(HISTORY_DAYS)
  expect([days[0]?.day, days.at(-1)]).toEqual(['2026-10-26', TODAY])
  expect(firstDay(TODAY.day)).toBe('2026-10-26')
  expect(days.filter(({ download }) => download > 0).map(({ day }) => day)).toEqual([
    '2026-11-20',
    '2026-11-24',
  ])
})

test('days continue across the ends of months and years', () => {
  const days = historyOf([], { ...TODAY, day: '2028-03-01' }).map(({ day }) => day)
  expect(days.slice(-3)).toEqual(['2028-02-28', '2028-02-29', '2028-03-01'])
  expect(firstDay('2026-01-05')).toBe('2025-12-07')
})

test('today comes from the feed, which is ahead of the tables', () => {
  expect(historyOf([{ day: TODAY.day, download: 40, upload: 4 }], TODAY).at(-1)).toEqual(TODAY)
})

test('today comes from the tables if the snapshot is older', () => {
  const recorded = { day: TODAY.day, download: 60, upload: 6 }
  expect(historyOf([recorded], TODAY).at(-1)).toEqual(recorded)
})

test('days outside the period are not shown', () => {
  const days = historyOf(
    [
      { day: '2026-10-25', download: 1, upload: 1 },
      { day: '2026-11-25', download: 1, upload: 1 },
    ],
    TODAY,
  )
  expect(days.filter(({ download }) => download === 1)).toEqual([])
})

const BEGIN = Date.parse('2026-11-24T10:00:00Z')

function sampleAt(seconds: number, download = seconds): { atMs: number; download: number; upload: number } {
  return { atMs: BEGIN + seconds * 1000, download, upload: 1 }
}

test('rates are kept for ten minutes', () => {
  const window = new RateWindow()
  for (const second of [0, 1, 300, 600]) window.add(sampleAt(second))
  expect(window.samples.map(({ download }) => download)).toEqual([1, 300, 600])
})

test('a repeated snapshot adds no sample', () => {
  const window = new RateWindow()
  for (const second of [0, 2, 2, 1]) window.add(sampleAt(second))
  expect(window.samples).toHaveLength(2)
})

test('the line is interrupted where none came for more than three intervals, and not before', () => {
  const window = new RateWindow()
  for (const second of [0, 6, 13]) window.add(sampleAt(second))
  const begin = BEGIN / 1000
  expect(window.lines(2000)).toEqual([
    [begin, begin + 6, begin + 9.5, begin + 13],
    [0, 6, null, 13],
    [1, 1, null, 1],
  ])
})

test('the table has the average of each minute, newest first', () => {
  const window = new RateWindow()
  for (const [second, download] of [
    [0, 10],
    [30, 20],
    [61, 40],
  ] as const)
    window.add(sampleAt(second, download))
  expect(window.minutes().map(({ atMs, download }) => [atMs - BEGIN, download])).toEqual([
    [60_000, 40],
    [0, 15],
  ])
})
