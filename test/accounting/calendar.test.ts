import { describe, expect, it } from 'vitest'
import { Calendar, QUARTER_HOUR_MS } from '../../src/accounting/calendar.ts'
import { slowDayAt } from './slow-calendar.ts'

const HOUR_MS = 3_600_000

function hoursOf(timezone: string, instant: string): number {
  const { startMs, endMs } = new Calendar(timezone).dayAt(Date.parse(instant))
  return (endMs - startMs) / HOUR_MS
}

describe('rule 16 (docs/accounting.md)', () => {
  it.each([
    ['Europe/Berlin', '2026-03-29T12:00Z', 23],
    ['Europe/Berlin', '2026-10-25T12:00Z', 25],
    ['Europe/Berlin', '2026-10-26T12:00Z', 24],
    ['America/New_York', '2026-03-08T17:00Z', 23],
    ['America/New_York', '2026-11-01T17:00Z', 25],
    ['Australia/Lord_Howe', '2026-10-04T01:00Z', 23.5],
    ['Australia/Lord_Howe', '2026-04-05T01:00Z', 24.5],
    ['America/Sao_Paulo', '2018-11-04T12:00Z', 23],
    ['Africa/Cairo', '2024-04-26T12:00Z', 23],
    ['Africa/Cairo', '2024-10-31T12:00Z', 25],
    ['Asia/Beirut', '2022-03-27T12:00Z', 23],
    ['Asia/Beirut', '2022-10-29T12:00Z', 25],
    ['Pacific/Apia', '2011-12-29T22:00Z', 24],
    ['Antarctica/Casey', '2018-03-11T00:00Z', 27],
  ])('in %s the day of %s is %d hours long', (timezone, instant, hours) => {
    expect(hoursOf(timezone, instant)).toBe(hours)
  })

  it.each([
    ['Asia/Kolkata', '2026-11-23T18:29:59.999Z', '2026-11-23'],
    ['Asia/Kolkata', '2026-11-23T18:30:00.000Z', '2026-11-24'],
    ['Asia/Kathmandu', '2026-11-23T18:14:59.999Z', '2026-11-23'],
    ['Asia/Kathmandu', '2026-11-23T18:15:00.000Z', '2026-11-24'],
    ['Pacific/Kiritimati', '2026-11-23T10:00:00.000Z', '2026-11-24'],
    ['Pacific/Pago_Pago', '2026-11-24T10:59:59.999Z', '2026-11-23'],
    ['America/Sao_Paulo', '2018-11-04T02:59:59.999Z', '2018-11-03'],
    ['America/Sao_Paulo', '2018-11-04T03:00:00.000Z', '2018-11-04'],
    ['Africa/Nairobi', '2026-12-31T21:00:00.000Z', '2027-01-01'],
    ['UTC', '2024-02-29T23:59:59.999Z', '2024-02-29'],
    ['Etc/GMT+12', '2026-01-01T11:59:59.999Z', '2025-12-31'],
  ])('in %s, %s is of %s', (timezone, instant, name) => {
    expect(new Calendar(timezone).dayAt(Date.parse(instant)).name).toBe(name)
  })

  it('a day that a country skipped does not exist', () => {
    const calendar = new Calendar('Pacific/Apia')
    const before = calendar.dayAt(Date.parse('2011-12-30T09:59:59.999Z'))
    const after = calendar.dayAt(Date.parse('2011-12-30T10:00Z'))
    expect([before.name, after.name]).toEqual(['2011-12-29', '2011-12-31'])
    expect(before.endMs).toBe(after.startMs)
  })

  it('an unknown zone is refused', () => {
    expect(() => new Calendar('Europe/Nowhere')).toThrow(RangeError)
  })
})

/** Zones and days with something odd, and an ordinary one. */
const ODD_DAYS = [
  ['Europe/Berlin', '2026-03-29'],
  ['Europe/Berlin', '2026-10-25'],
  ['America/New_York', '2026-11-01'],
  ['America/New_York', '2026-03-08'],
  ['Australia/Lord_Howe', '2026-04-05'],
  ['Australia/Lord_Howe', '2026-10-04'],
  ['Asia/Kathmandu', '2026-11-30'],
  ['Asia/Kolkata', '2026-12-31'],
  ['America/Sao_Paulo', '2018-11-04'],
  ['Africa/Cairo', '2024-04-26'],
  ['Africa/Cairo', '2024-10-31'],
  ['Asia/Beirut', '2022-03-27'],
  ['Asia/Beirut', '2022-10-30'],
  ['America/Havana', '2026-11-01'],
  ['America/Nuuk', '2024-10-27'],
  ['Atlantic/Azores', '2026-03-29'],
  ['Pacific/Apia', '2011-12-30'],
  ['Antarctica/Casey', '2018-03-11'],
  ['Antarctica/Vostok', '2023-12-18'],
  ['Africa/Nairobi', '2026-07-01'],
] as const

describe('days are the same as in a slow search', () => {
  it.each(ODD_DAYS)('in %s around %s', (timezone, name) => {
    const [remembering, noon] = [new Calendar(timezone), Date.parse(`${name}T12:00Z`)]
    for (let ms = noon - 40 * HOUR_MS; ms <= noon + 40 * HOUR_MS; ms += 2 * QUARTER_HOUR_MS + 1) {
      const slow = slowDayAt(timezone, ms)
      expect(remembering.dayAt(ms)).toEqual(slow)
      expect(new Calendar(timezone).dayAt(ms)).toEqual(slow)
    }
  })

  it('each day begins where the one before it ends, for years', () => {
    for (const timezone of ['Europe/Berlin', 'Africa/Cairo', 'Australia/Lord_Howe', 'Asia/Kathmandu']) {
      const calendar = new Calendar(timezone)
      const names = new Set<string>()
      let day = calendar.dayAt(Date.parse('2023-01-15T12:00Z'))
      for (let count = 0; count < 4 * 365; count++) {
        const next = calendar.dayAt(day.endMs)
        expect(next.startMs).toBe(day.endMs)
        expect(next.startMs % QUARTER_HOUR_MS).toBe(0)
        expect(next.name > day.name).toBe(true)
        names.add(next.name)
        day = next
      }
      expect(names.size).toBe(4 * 365)
    }
  })

  it('more days than are remembered are right too', () => {
    const calendar = new Calendar('Europe/Berlin')
    const first = calendar.dayAt(0)
    for (let day = 0; day < 5_000; day++) calendar.dayAt(day * 24 * HOUR_MS)
    expect(calendar.dayAt(0)).toEqual(first)
  })
})
