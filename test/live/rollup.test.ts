import { describe, expect, it } from 'vitest'
import { Calendar } from '../../src/accounting/calendar.ts'
import { Rollup } from '../../src/live/rollup.ts'
import { bytes } from '../accounting/readings.ts'

function sum(upload: number, download: number) {
  return { upload: BigInt(upload), download: BigInt(download) }
}

const NOTHING = sum(0, 0)

/** `count` days in a row, latest first. */
function daysBefore(last: string, count: number): readonly string[] {
  const ms = Date.parse(`${last}T12:00Z`)
  return Array.from({ length: count }, (_, day) => new Date(ms - day * 86_400_000).toISOString().slice(0, 10))
}

describe('rule 16 (docs/accounting.md)', () => {
  it('today and this month come from deltas', () => {
    const rollup = new Rollup(NOTHING, new Map())
    rollup.add('2026-10-31', bytes(1, 10))
    rollup.add('2026-11-01', bytes(2, 20))
    rollup.add('2026-11-24', bytes(4, 40))
    rollup.add('2026-11-24', bytes(8, 80))
    expect(rollup.day('2026-11-24')).toEqual(sum(12, 120))
    expect(rollup.month('2026-11')).toEqual(sum(14, 140))
    expect(rollup.month('2026-10')).toEqual(sum(1, 10))
    expect(rollup.total).toEqual(sum(15, 150))
  })

  it('a day and a month without bytes are 0', () => {
    const rollup = new Rollup(sum(5, 5), new Map())
    expect(rollup.day('2026-11-24')).toEqual(NOTHING)
    expect(rollup.month('2026-11')).toEqual(NOTHING)
  })

  it('sums continue from what the database has', () => {
    const days = new Map([['2026-11-23', sum(3, 3)]])
    const rollup = new Rollup(sum(100, 100), days)
    rollup.add('2026-11-23', bytes(1, 1))
    expect([rollup.total, rollup.day('2026-11-23')]).toEqual([sum(101, 101), sum(4, 4)])
    expect(days.get('2026-11-23')).toEqual(sum(3, 3))
  })

  it('sums pass 2^53', () => {
    const rollup = new Rollup(NOTHING, new Map())
    for (let times = 0; times < 3; times++) rollup.add('2026-11-24', bytes(Number.MAX_SAFE_INTEGER, 1))
    expect(rollup.total.upload).toBe(3n * BigInt(Number.MAX_SAFE_INTEGER))
    expect(rollup.day('2026-11-24').upload).toBe(3n * BigInt(Number.MAX_SAFE_INTEGER))
  })

  it.each(['2026-12-31', '2024-03-01', '2026-08-31'])(
    'old days are forgotten, but never days of this month (%s)',
    today => {
      const rollup = new Rollup(NOTHING, new Map())
      const days = daysBefore(today, 200)
      for (const day of days.toReversed()) rollup.add(day, bytes(1, 1))
      expect(rollup.total).toEqual(sum(200, 200))
      const month = today.slice(0, 7)
      expect(rollup.month(month).upload).toBe(BigInt(days.filter(day => day.startsWith(month)).length))
      expect(rollup.day(days[100] ?? '')).toEqual(NOTHING)
    },
  )

  it('days may come in any order', () => {
    const rollup = new Rollup(NOTHING, new Map())
    const days = daysBefore('2026-11-24', 200)
    for (const day of days) rollup.add(day, bytes(1, 1))
    for (const day of days) rollup.add(day, bytes(1, 1))
    expect(rollup.total).toEqual(sum(400, 400))
    expect(rollup.month('2026-11')).toEqual(sum(48, 48))
    expect(rollup.day('2026-11-01')).toEqual(sum(2, 2))
  })

  it('a tenant’s midnight follows its calendar', () => {
    const [nairobi, berlin] = [new Calendar('Africa/Nairobi'), new Calendar('Europe/Berlin')]
    const ms = Date.parse('2026-11-30T21:30Z')
    expect([nairobi.dayAt(ms).name, berlin.dayAt(ms).name]).toEqual(['2026-12-01', '2026-11-30'])
  })
})

describe('a credit', () => {
  it('is added once, however often it is reported, and not if it was included from the start', () => {
    const rollup = new Rollup(sum(100, 100), new Map(), 4)
    for (const decision of [3, 4, 7, 7, 9, 7]) rollup.credit(decision, '2026-11-24', sum(decision, 1))
    expect(rollup.total).toEqual(sum(116, 102))
    expect(rollup.day('2026-11-24')).toEqual(sum(16, 2))
    expect(rollup.month('2026-11')).toEqual(sum(16, 2))
  })
})
