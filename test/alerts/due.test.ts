import { expect, test } from 'vitest'
import { Calendar } from '../../src/accounting/calendar.ts'
import { openDays, openSpans } from '../../src/alerts/due.ts'

const nairobi = new Calendar('Africa/Nairobi')

function names(calendar: Calendar, at: string): readonly string[] {
  return openDays(calendar, new Date(at)).map(day => day.name)
}

test('the tenant’s day and the one before are judged, in its time zone', () => {
  expect(names(nairobi, '2026-11-26T20:59:59Z')).toEqual(['2026-11-25', '2026-11-26'])
  expect(names(nairobi, '2026-11-26T21:00:00Z')).toEqual(['2026-11-26', '2026-11-27'])
  expect(openSpans('day', nairobi, new Date('2026-11-26T12:00:00Z'))).toEqual([
    { name: '2026-11-25', fromDay: '2026-11-25', toDay: '2026-11-25' },
    { name: '2026-11-26', fromDay: '2026-11-26', toDay: '2026-11-26' },
  ])
})

test('a day of 25 hours has one day before it', () => {
  // New York's clocks go back on November 1.
  expect(names(new Calendar('America/New_York'), '2026-11-02T04:59:00Z')).toEqual([
    '2026-10-31',
    '2026-11-01',
  ])
  expect(names(new Calendar('America/New_York'), '2026-11-02T05:00:00Z')).toEqual([
    '2026-11-01',
    '2026-11-02',
  ])
})

test('a month is judged up to today, and for the last time on the first of the next one', () => {
  const spans = (at: string) => openSpans('month', nairobi, new Date(at))
  expect(spans('2026-11-26T12:00:00Z')).toEqual([
    { name: '2026-11', fromDay: '2026-11-01', toDay: '2026-11-26' },
  ])
  expect(spans('2026-11-30T21:00:00Z')).toEqual([
    { name: '2026-11', fromDay: '2026-11-01', toDay: '2026-11-30' },
    { name: '2026-12', fromDay: '2026-12-01', toDay: '2026-12-01' },
  ])
  expect(spans('2026-12-02T12:00:00Z').map(span => span.name)).toEqual(['2026-12'])
})
