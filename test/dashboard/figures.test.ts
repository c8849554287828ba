import { expect, test } from 'vitest'
import { brief, formatBytes, formatCount, formatRate } from '../../src/dashboard/format-quantity.ts'
import { ago, dayName, LocalTime } from '../../src/dashboard/instant.ts'

const KB = 1024
const [MB, GB, TB, PB] = [KB ** 2, KB ** 3, KB ** 4, KB ** 5]

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [KB, '1 KB'],
  [1.5 * MB, '1.5 MB'],
  [GB, '1.00 GB'],
  [1.005 * GB, '1.00 GB'],
  [42.857 * GB, '42.86 GB'],
  [1000 * GB, '1000.00 GB'],
  [2.5 * TB, '2.50 TB'],
  [Number.MAX_SAFE_INTEGER, '8.00 PB'],
])('%d bytes are %s', (bytes, words) => {
  expect(formatBytes(bytes)).toBe(words)
})

test('a value that rounds to a whole step is shown in the next unit', () => {
  expect(formatBytes(KB - 1)).toBe('1023 B')
  expect(formatBytes(MB - 1)).toBe('1.0 MB')
  expect(formatBytes(GB - 1)).toBe('1.00 GB')
  expect(formatBytes(TB - 1)).toBe('1.00 TB')
  expect(formatBytes(PB - 1)).toBe('1.00 PB')
  expect(formatRate(999_950)).toBe('1.0 Mbps')
})

test.each([
  [0, '0 bps'],
  [999, '999 bps'],
  [64_000, '64 kbps'],
  [18_640_000, '18.6 Mbps'],
  [2_345_000_000, '2.35 Gbps'],
])('%d bits a second are %s', (bps, words) => {
  expect(formatRate(bps)).toBe(words)
})

test('figures on an axis have no superfluous decimals', () => {
  expect([brief('20.00 GB'), brief('2.50 GB'), brief('100.0 Mbps'), brief('100 kbps')]).toEqual([
    ...['20 GB', '2.5 GB', '100 Mbps', '100 kbps'],
  ])
})

test('thousands are separated', () => {
  expect(formatCount(1_234_567)).toBe('1,234,567')
})

test('an instant is shown in the tenant’s time zone, with its day if that is another', () => {
  const nairobi = new LocalTime('Africa/Nairobi')
  expect(nairobi.second('2026-11-24T21:05:09Z')).toBe('00:05:09')
  expect(nairobi.moment('2026-11-24T21:05:09Z', '2026-11-25T10:00:00Z')).toBe('00:05')
  expect(nairobi.moment('2026-11-24T20:05:09Z', '2026-11-25T10:00:00Z')).toBe('24 Nov, 23:05')
  // A year apart is another day as well, although it has the same name.
  expect(nairobi.moment('2025-11-25T09:00:00Z', '2026-11-25T10:00:00Z')).toBe('25 Nov 2025, 12:00')
})

test('an invalid instant is shown as a dash, and does not throw', () => {
  const time = new LocalTime('UTC')
  expect([time.second(''), time.moment('2026-11-24T21:05:09Z', 'x')]).toEqual(['–', '24 Nov 2026, 21:05'])
})

test('a time zone that the browser does not know becomes UTC, and is named so', () => {
  const time = new LocalTime('Mars/Olympus')
  expect([time.timezone, time.minute('2026-11-24T21:05:09Z')]).toEqual(['UTC', '21:05'])
})

test('a day of the tenant is not an instant, and is the same everywhere', () => {
  expect(dayName('2026-11-24')).toBe('24 Nov')
})

test.each([
  ['2026-11-24T10:00:00Z', '0 s ago'],
  ['2026-11-24T10:00:07Z', '0 s ago'],
  ['2026-11-24T09:59:01Z', '59 s ago'],
  ['2026-11-24T09:58:01Z', '1 min ago'],
  ['2026-11-24T07:00:00Z', '3 h ago'],
  ['2026-11-21T10:00:00Z', '3 days ago'],
])('%s is, at ten, %s', (instant, words) => {
  expect(ago(instant, '2026-11-24T10:00:00Z')).toBe(words)
})
