import { describe, expect, it } from 'vitest'
import { Calendar } from '../../../src/accounting/calendar.ts'
import type { Decision } from '../../../src/accounting/entry.ts'
import type { Reading } from '../../../src/accounting/reading.ts'
import { spread } from '../../../src/accounting/spread.ts'
import { ann, bytes, countedOf, DAY, deltaOf, Meter, ppp } from '../readings.ts'

const WEEK = 7 * DAY

/** Every instant in a decision that goes to the database. */
function instantsOf({ entries, events, boot }: Decision): readonly (Date | number)[] {
  const their = entries.flatMap(entry => {
    const { startMs, login, lastMovedMs } = entry.session
    const ends = entry.kind === 'stop' ? [entry.lastSeenAt, entry.endTime] : []
    return [startMs, login.earliestMs, login.latestMs, lastMovedMs, ...ends]
  })
  return [...their, ...events.map(event => event.at), boot.earliestMs, boot.latestMs]
}

function areDates(decision: Decision): boolean {
  return instantsOf(decision).every(it => !Number.isNaN(new Date(it).getTime()))
}

describe('an uptime that cannot be', () => {
  it.each([100 * 365 * DAY, 2 ** 31 * WEEK, Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY])(
    'of %d seconds is one session with dates that are dates',
    uptime => {
      const meter = new Meter()
      const decision = meter.read(ppp(0, [ann(-uptime, bytes(10, 10))]))
      expect(areDates(decision)).toBe(true)
      expect(deltaOf(decision)).toEqual(bytes(10, 10))
      const next = meter.read(ppp(5, [ann(-uptime, bytes(11, 11))]))
      expect(next.entries.map(entry => entry.kind)).toEqual(['interim'])
      expect(areDates(next)).toBe(true)
      const [counted] = countedOf(decision)
      if (!counted) throw new Error('nothing was counted')
      const shares = spread(counted, 900_000, new Calendar('Africa/Nairobi'))
      expect(shares.length).toBeLessThan(2000)
      expect(shares.reduce((sum, share) => sum + share.upload, 0)).toBe(10)
    },
  )

  it('of the router is a boot with a date, and the next boot is reported', () => {
    const meter = new Meter()
    const bogus: Reading = {
      ...ppp(0, [ann(-60, bytes(1, 1))]),
      boot: { earliestMs: Number.NEGATIVE_INFINITY, latestMs: Number.NEGATIVE_INFINITY },
    }
    expect(areDates(meter.read(bogus))).toBe(true)
    const decision = meter.read(ppp(60, [ann(40, bytes(2, 2))], { boot: 30 }))
    expect(decision.events.map(event => event.kind)).toEqual(['reboot'])
    expect(deltaOf(decision)).toEqual(bytes(2, 2))
  })

  it('of a router whose sessions stay as they were bills nothing again', () => {
    const meter = new Meter()
    meter.read(ppp(0, [ann(-60, bytes(1, 1))]))
    const decision = meter.read(ppp(60, [ann(-60, bytes(2, 2))], { boot: -(2 ** 31) * WEEK }))
    expect(areDates(decision)).toBe(true)
    expect(deltaOf(decision)).toEqual(bytes(1, 1))
    const next = meter.read(ppp(120, [ann(-60, bytes(5, 5))]))
    expect(next.events).toEqual([])
    expect(deltaOf(next)).toEqual(bytes(3, 3))
  })
})

describe('a wall clock that cannot be', () => {
  it('of 1970, before the time was set, counts all the same', () => {
    const meter = new Meter()
    const reading = ppp(0, [ann(-DAY, bytes(10, 10))])
    const at = { wall: new Date(5_000), steadyMs: reading.at.steadyMs }
    const [counted] = countedOf(meter.read({ ...reading, at }))
    if (!counted) throw new Error('nothing was counted')
    const shares = spread(counted, 900_000, new Calendar('Asia/Kathmandu'))
    expect(shares.reduce((sum, share) => sum + share.upload, 0)).toBe(10)
  })
})
