import { expect, test } from 'vitest'
import { instantOf } from '../../../src/routeros/menus/clock-offset.ts'

function instant(date: string, time: string, offset: string): string | undefined {
  const row = new Map([
    ['date', date],
    ['time', time],
    ['gmt-offset', offset],
  ])
  const ms = instantOf(row)
  return ms === undefined ? undefined : new Date(ms).toISOString()
}

test('a router’s clock is read as versions before and after 7.10 print it', () => {
  expect(instant('2026-11-24', '14:03:09', '+03:00')).toBe('2026-11-24T11:03:09.000Z')
  expect(instant('nov/24/2026', '14:03:09', '-03:30')).toBe('2026-11-24T17:33:09.000Z')
})

test.each([
  ['2026-13-24', '14:03:09', '+03:00'],
  ['nix/24/2026', '14:03:09', '+03:00'],
  ['2026-11-24', '14:03', '+03:00'],
  ['2026-11-24', '14:03:09', '4294956496'],
  ['', '', ''],
])('what can not be read is not guessed: %s %s %s', (date, time, offset) => {
  expect(instant(date, time, offset)).toBeUndefined()
})
