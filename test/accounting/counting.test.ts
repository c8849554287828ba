import { describe, expect, it } from 'vitest'
import { counterDelta, hasFallen } from '../../src/accounting/counter.ts'
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
} from './readings.ts'

describe('rule 6', () => {
  it('a counter that grew adds the difference', () => {
    expect(counterDelta(100, 150)).toBe(50)
    expect(counterDelta(0, Number.MAX_SAFE_INTEGER)).toBe(Number.MAX_SAFE_INTEGER)
    expect(counterDelta(7, 7)).toBe(0)
  })

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

describe('rule 7', () => {
  it('a counter that went down was reset, so all it shows now is new', () => {
    expect(counterDelta(100, 40)).toBe(40)
    expect(hasFallen(bytes(100, 100), bytes(100, 99))).toBe(true)
    expect(hasFallen(bytes(100, 100), bytes(99, 100))).toBe(true)
    expect(hasFallen(bytes(100, 100), bytes(100, 100))).toBe(false)
  })

  it.each([
    ['both fell', bytes(40, 50)],
    ['only the upload fell', bytes(40, 2500)],
    ['only the download fell', bytes(140, 50)],
    ['both are 0', bytes(0, 0)],
  ])('%s: both deltas are what the counters show now, and it is recorded', (_, now) => {
    const meter = new Meter()
    meter.read(ppp(0, [ann(-60, bytes(100, 2000))]))
    const { id } = meter.session
    const decision = meter.read(ppp(5, [ann(-60, now)]))
    expect(kinds(decision)).toEqual(['interim'])
    expect(deltaOf(decision)).toEqual(now)
    expect(decision.events).toEqual([
      {
        kind: 'reset',
        at: wallAt(5),
        detail: { session_id: id, service: 'ppp', username: 'ann', before: bytes(100, 2000), after: now },
      },
    ])
    const more = bytes(now.upload + 1, now.download + 1)
    expect(deltaOf(meter.read(ppp(10, [ann(-60, more)])))).toEqual(bytes(1, 1))
  })
})

describe('rule 8', () => {
  it('on a router never read before, a session counts for all that it shows, since its login', () => {
    const meter = new Meter()
    const decision = meter.read(ppp(0, [ann(-5 * HOUR, bytes(100, 2000))]))
    expect(kinds(decision)).toEqual(['start'])
    expect(countedOf(decision)).toEqual([{ delta: bytes(100, 2000), from: wallAt(-5 * HOUR), to: wallAt(0) }])
    expect(meter.session.startMs).toBe(wallAt(-5 * HOUR).getTime())
  })

  it('a session that logged in after the last reading counts for all that it shows', () => {
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

  it('after days, a login soon after the last reading may be told as before it by as much as clocks drift', () => {
    const meter = new Meter()
    meter.read(ppp(0, []))
    const decision = meter.read(ppp(3 * DAY, [ann(1 - 3 * DAY * 60e-6, bytes(9, 9))]))
    expect(deltaOf(decision)).toEqual(bytes(9, 9))
  })
})

describe('rule 9', () => {
  it('an unknown session of before the last reading begins at its counters, adds nothing, and is recorded', () => {
    const meter = new Meter()
    meter.read(ppp(0, []))
    const decision = meter.read(ppp(60, [ann(-10 * MINUTE, bytes(100, 2000))]))
    expect(kinds(decision)).toEqual(['start'])
    expect(countedOf(decision)).toEqual([])
    expect(decision.events).toEqual([
      {
        kind: 'baseline',
        at: wallAt(60),
        detail: { session_id: meter.session.id, service: 'ppp', username: 'ann', counters: bytes(100, 2000) },
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

  it('a session that a reading lacked and the next has again is not billed twice', () => {
    const meter = new Meter()
    meter.read(ppp(0, [ann(-60, bytes(1000, 1000))]))
    meter.read(ppp(5, []))
    const decision = meter.read(ppp(10, [ann(-60, bytes(1500, 1500))]))
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
