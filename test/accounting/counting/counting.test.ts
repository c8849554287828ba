import { describe, expect, it } from 'vitest'
import {
  ann,
  bytes,
  countedOf,
  DAY,
  deltaOf,
  events,
  HOUR,
  hotspot,
  kinds,
  Meter,
  MINUTE,
  ppp,
  wallAt,
} from '../readings.ts'

describe('rule 6 (docs/accounting.md)', () => {
  it('a known session adds now − last, upload and download each for itself', () => {
    const meter = new Meter()
    meter.read(hotspot(0, [ann(-60, bytes(100, 2000))]))
    expect(deltaOf(meter.read(hotspot(5, [ann(-60, bytes(150, 2000))])))).toEqual(bytes(50, 0))
    expect(deltaOf(meter.read(hotspot(10, [ann(-60, bytes(150, 2700))])))).toEqual(bytes(0, 700))
    expect(meter.session.recorded).toEqual(bytes(150, 2700))
  })

  it('a session that did not move adds nothing', () => {
    const meter = new Meter()
    meter.read(hotspot(0, [ann(-60, bytes(100, 2000))]))
    expect(countedOf(meter.read(hotspot(5, [ann(-60, bytes(100, 2000))])))).toEqual([])
  })
})

describe('rule 8', () => {
  it('on a router never read before, a session counts everything that it shows, since its login', () => {
    const meter = new Meter()
    const decision = meter.read(ppp(0, [ann(-5 * HOUR, bytes(100, 2000))]))
    expect(kinds(decision)).toEqual(['start'])
    expect(countedOf(decision)).toEqual([{ delta: bytes(100, 2000), from: wallAt(-5 * HOUR), to: wallAt(0) }])
    expect(meter.session.startMs).toBe(wallAt(-5 * HOUR).getTime())
  })

  it('a session that logged in after the last reading counts everything that it shows', () => {
    const meter = new Meter()
    meter.read(ppp(0, []))
    const decision = meter.read(ppp(60, [ann(20, bytes(100, 2000))]))
    expect(countedOf(decision)).toEqual([{ delta: bytes(100, 2000), from: wallAt(20), to: wallAt(60) }])
    expect(events(decision)).toEqual([])
  })

  it('the last reading of that service counts, were it days ago', () => {
    const meter = new Meter()
    meter.read(ppp(0, []))
    expect(deltaOf(meter.read(ppp(3 * DAY, [ann(60, bytes(9, 9))])))).toEqual(bytes(9, 9))
  })

  it('after days, a login soon after the last reading may seem to be before it by as much as clocks drift', () => {
    const meter = new Meter()
    meter.read(ppp(0, []))
    const decision = meter.read(ppp(3 * DAY, [ann(1 - 3 * DAY * 60e-6, bytes(9, 9))]))
    expect(deltaOf(decision)).toEqual(bytes(9, 9))
  })
})

describe('rule 9', () => {
  it('an unknown session from before the last reading begins at its counters, adds nothing, and is reported', () => {
    const meter = new Meter()
    meter.read(ppp(0, []))
    const decision = meter.read(ppp(60, [ann(-10 * MINUTE, bytes(100, 2000))]))
    expect(kinds(decision)).toEqual(['start'])
    expect(countedOf(decision)).toEqual([])
    expect(decision.events).toEqual([
      {
        kind: 'baseline',
        at: wallAt(60),
        detail: {
          ...{ session_id: meter.session.id, service: 'ppp', username: 'ann' },
          ...{ counters: bytes(100, 2000), upload: 100, download: 2000 },
        },
      },
    ])
    expect(meter.session).toMatchObject({ recorded: bytes(0, 0), startMs: wallAt(-10 * MINUTE).getTime() })
    expect(deltaOf(meter.read(ppp(65, [ann(-10 * MINUTE, bytes(105, 2005))])))).toEqual(bytes(5, 5))
  })

  it.each([
    ['after the last reading', 0.5, bytes(9, 9)],
    ['before it within the tolerance', -1.9, bytes(9, 9)],
    ['before it by more than the tolerance', -2.1, bytes(0, 0)],
  ])('a login told %s', (_, login, delta) => {
    const meter = new Meter()
    meter.read(ppp(0, []))
    expect(deltaOf(meter.read(ppp(5, [ann(login, bytes(9, 9))])))).toEqual(delta)
  })

  it('a session that two readings lacked and the next has again is not billed twice', () => {
    const meter = new Meter()
    meter.read(ppp(0, [ann(-60, bytes(1000, 1000))]))
    meter.read(ppp(5, []))
    meter.read(ppp(10, []))
    const decision = meter.read(ppp(15, [ann(-60, bytes(1500, 1500))]))
    expect(kinds(decision)).toEqual(['start'])
    expect(events(decision)).toEqual(['baseline'])
    expect(deltaOf(decision)).toEqual(bytes(0, 0))
  })

  it('whose counters are still unknown begins where they are first known', () => {
    const meter = new Meter()
    meter.read(ppp(0, []))
    expect(events(meter.read(ppp(60, [ann(-HOUR, undefined)])))).toEqual([])
    const decision = meter.read(ppp(65, [ann(-HOUR, bytes(100, 100))]))
    expect(events(decision)).toEqual(['baseline'])
    expect(deltaOf(decision)).toEqual(bytes(0, 0))
    expect(deltaOf(meter.read(ppp(70, [ann(-HOUR, bytes(101, 101))])))).toEqual(bytes(1, 1))
  })
})
