import { describe, expect, it } from 'vitest'
import { Calendar } from '../../../src/accounting/calendar.ts'
import { hoursOf } from '../../../src/api/usage/hours.ts'
import { slowNameAt } from '../../accounting/slow-calendar.ts'

const HOUR_MS = 3_600_000

function hoursOn(timezone: string, name: string): readonly string[] {
  const calendar = new Calendar(timezone)
  const { startMs, endMs } = calendar.dayNamed(name)
  return hoursOf(calendar, startMs, endMs).map(
    it => `${new Date(it.startMs).toISOString().slice(11, 16)} ${it.local.slice(11)}`,
  )
}

describe('an hour', () => {
  it('begins when the clocks show a full hour, even if that is half past in UTC', () => {
    const hours = hoursOn('Asia/Kathmandu', '2026-11-24')
    expect(hours.length).toBe(24)
    expect([hours[0], hours[23]]).toEqual(['18:15 00:00+05:45', '17:15 23:00+05:45'])
  })

  it('that comes twice in autumn is two, and the one skipped in spring is none', () => {
    expect(hoursOn('Europe/Berlin', '2026-10-25').slice(1, 5)).toEqual([
      ...['23:00 01:00+02:00', '00:00 02:00+02:00', '01:00 02:00+01:00', '02:00 03:00+01:00'],
    ])
    expect(hoursOn('Europe/Berlin', '2026-10-25').length).toBe(25)
    expect(hoursOn('Europe/Berlin', '2026-03-29').slice(1, 3)).toEqual([
      '00:00 01:00+01:00',
      '01:00 03:00+02:00',
    ])
    expect(hoursOn('America/St_Johns', '2026-11-01').slice(1, 3)).toEqual([
      '03:30 01:00-02:30',
      '04:30 01:00-03:30',
    ])
  })

  it('that is cut by half an hour is listed in its parts', () => {
    expect(hoursOn('Australia/Lord_Howe', '2026-04-05').slice(1, 4)).toEqual([
      ...['14:00 01:00+11:00', '15:00 01:30+10:30', '15:30 02:00+10:30'],
    ])
    expect(hoursOn('Australia/Lord_Howe', '2026-10-04').slice(1, 4)).toEqual([
      ...['14:30 01:00+10:30', '15:30 02:30+11:00', '16:00 03:00+11:00'],
    ])
  })

  it('ends where the next one begins, for a whole year, in every kind of zone', () => {
    for (const timezone of [
      'UTC',
      'Asia/Kolkata',
      'Pacific/Apia',
      'Pacific/Chatham',
      'America/Santiago',
      'Africa/Cairo',
      'Australia/Lord_Howe',
    ]) {
      const calendar = new Calendar(timezone)
      const [startMs, endMs] = [
        calendar.dayNamed('2026-01-01').startMs,
        calendar.dayNamed('2027-01-01').startMs,
      ]
      const starts = hoursOf(calendar, startMs, endMs).map(it => it.startMs)
      expect([starts[0], new Set(starts).size]).toEqual([startMs, starts.length])
      const lengths = starts.map((ms, index) => (starts[index + 1] ?? endMs) - ms)
      expect([timezone, Math.min(...lengths) >= HOUR_MS / 4, Math.max(...lengths) <= HOUR_MS]).toEqual([
        timezone,
        true,
        true,
      ])
      // Only hours next to a change of the clocks are not whole. Chatham changes at a quarter to.
      expect(lengths.filter(length => length !== HOUR_MS).length).toBeLessThanOrEqual(4)
    }
  })
})

describe('the day of a name', () => {
  it('is the day with that name in any zone', () => {
    for (const timezone of ['Pacific/Kiritimati', 'Pacific/Pago_Pago', 'Asia/Kolkata', 'Africa/Cairo'])
      for (const name of ['1990-06-01', '2024-02-29', '2024-04-26', '2026-12-31']) {
        const day = new Calendar(timezone).dayNamed(name)
        expect([
          day.name,
          slowNameAt(timezone, day.startMs),
          slowNameAt(timezone, day.startMs - 1) < name,
        ]).toEqual([name, name, true])
      }
  })

  it('that a zone skipped is the day after it', () => {
    expect(new Calendar('Pacific/Apia').dayNamed('2011-12-30').name).toBe('2011-12-31')
  })
})
