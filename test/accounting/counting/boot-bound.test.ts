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
  Meter,
  ppp,
  wallAt,
} from '../readings.ts'

const SINCE_1970 = -57 * 365 * DAY

describe('no session is older than its router', () => {
  it('the bytes of a first reading are spread since the router’s boot, whatever the uptime says, and it is reported', () => {
    const meter = new Meter()
    const decision = meter.read(hotspot(0, [ann(SINCE_1970, bytes(500, 500))], { boot: -2 * HOUR }))
    expect(countedOf(decision)).toEqual([
      { delta: bytes(500, 500), from: wallAt(-2 * HOUR - 1), to: wallAt(0) },
    ])
    expect(meter.session.startMs).toBe(wallAt(-2 * HOUR - 1).getTime())
    expect(decision.events).toMatchObject([
      { kind: 'impossible_uptime', detail: { username: 'ann', uptime_seconds: -SINCE_1970 } },
    ])
  })

  it('it is reported once', () => {
    const meter = new Meter()
    meter.read(hotspot(0, [ann(SINCE_1970, bytes(500, 500))], { boot: -2 * HOUR }))
    meter.restart()
    const next = meter.read(hotspot(5, [ann(SINCE_1970, bytes(501, 501))], { boot: -2 * HOUR }))
    expect(events(next)).toEqual([])
    expect(deltaOf(next)).toEqual(bytes(1, 1))
  })

  it('a session that is new is spread since the last reading, which did not have it', () => {
    const meter = new Meter()
    meter.read(ppp(0, []))
    const decision = meter.read(ppp(5, [ann(-1.5, bytes(9, 9))]))
    expect(countedOf(decision)).toEqual([{ delta: bytes(9, 9), from: wallAt(0), to: wallAt(5) }])
  })

  it('the same holds if its counters come later', () => {
    const meter = new Meter()
    meter.read(ppp(0, []))
    meter.read(ppp(5, [ann(-1.5, undefined)]))
    const decision = meter.read(ppp(10, [ann(-1.5, bytes(9, 9))]))
    expect(countedOf(decision)).toEqual([{ delta: bytes(9, 9), from: wallAt(0), to: wallAt(10) }])
  })

  it('matching uses logins as they are, because a router’s uptime wraps after 497 days', () => {
    const meter = new Meter()
    const boot = -HOUR
    meter.read(ppp(0, [ann(-400 * DAY, bytes(100, 100))], { boot }))
    const decision = meter.read(
      ppp(5, [ann(-400 * DAY, bytes(130, 130)), ann(-300 * DAY, bytes(7, 7), { username: 'bob' })], { boot }),
    )
    expect(deltaOf(decision)).toEqual(bytes(30, 30))
    expect(meter.open).toHaveLength(2)
  })

  it('a session as old as its router is none of these', () => {
    const meter = new Meter()
    const decision = meter.read(ppp(0, [ann(-DAY, bytes(9, 9))], { boot: -DAY }))
    expect(events(decision)).toEqual([])
    expect(countedOf(decision)).toEqual([{ delta: bytes(9, 9), from: wallAt(-DAY), to: wallAt(0) }])
  })
})
