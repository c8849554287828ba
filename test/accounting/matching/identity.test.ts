import { describe, expect, it } from 'vitest'
import {
  ann,
  bytes,
  countedOf,
  DAY,
  deltaOf,
  HOUR,
  hotspot,
  kinds,
  Meter,
  MINUTE,
  ppp,
  stopsOf,
  wallAt,
} from '../readings.ts'

describe('rule 1 (docs/accounting.md)', () => {
  it.each([hotspot, ppp])('a session that is the same in every reading is one session', read => {
    const meter = new Meter()
    meter.read(read(0, [ann(-60, bytes(1, 1))]))
    const { id } = meter.session
    for (let second = 5; second <= 60; second += 5)
      expect(kinds(meter.read(read(second, [ann(-60, bytes(second, second))])))).toEqual(['interim'])
    expect(meter.session.id).toBe(id)
  })

  it('a reading that brings nothing new makes no entry', () => {
    const meter = new Meter()
    meter.read(hotspot(0, [ann(-60, bytes(1, 1))]))
    expect(meter.read(hotspot(5, [ann(-60, bytes(1, 1))])).entries).toEqual([])
    expect(meter.open).toHaveLength(1)
  })

  it.each([
    ['user', { username: 'bob' }],
    ['server', { server: 'hotspot-2' }],
    ['MAC', { macAddress: '34:12:F9:8A:21:4D' }],
    ['address', { ipAddress: '10.5.50.11' }],
  ])('another %s and login is another hotspot session', (_, other) => {
    const meter = new Meter()
    meter.read(hotspot(0, [ann(-60, bytes(1, 1))]))
    expect(kinds(meter.read(hotspot(5, [ann(2, bytes(1, 1), other)])))).toEqual(['start', 'interim'])
    expect(meter.open).toHaveLength(2)
  })

  it.each([
    ['name', { username: 'bob' }],
    ['session-id', { routerSessionId: '0x81300078' }],
    ['caller-id', { callerId: '34:12:F9:8A:21:4D' }],
  ])('another %s is another PPP session', (_, other) => {
    const meter = new Meter()
    meter.read(ppp(0, [ann(-60, bytes(1, 1))]))
    expect(kinds(meter.read(ppp(5, [ann(-60, bytes(1, 1), other)])))).toEqual(['start', 'interim'])
    expect(meter.open).toHaveLength(2)
  })

  it('a PPP session keeps being itself when its address changes', () => {
    const meter = new Meter()
    meter.read(ppp(0, [ann(-60, bytes(1, 1))]))
    expect(kinds(meter.read(ppp(5, [ann(-60, bytes(1, 1), { ipAddress: '10.0.0.9' })])))).toEqual(['interim'])
    expect(meter.session.ipAddress).toBe('10.0.0.9')
  })

  it('the same user, MAC and address with a later login is another session, even with larger counters', () => {
    const meter = new Meter()
    meter.read(hotspot(0, [ann(-60, bytes(100, 1000))]))
    const old = meter.session
    expect(kinds(meter.read(hotspot(30, [ann(10, bytes(500, 5000))])))).toEqual(['start', 'interim'])
    const decision = meter.read(hotspot(35, [ann(10, bytes(600, 6000))]))
    expect(stopsOf(decision)[0]?.session).toMatchObject({ id: old.id, recorded: bytes(100, 1000) })
    expect(countedOf(decision)).toEqual([
      { delta: bytes(500, 5000), from: wallAt(10), to: wallAt(30) },
      { delta: bytes(100, 1000), from: wallAt(30), to: wallAt(35) },
    ])
    expect(meter.session.recorded).toEqual(bytes(600, 6000))
  })

  it('a PPP session-id that comes again with a later login is another session', () => {
    const meter = new Meter()
    meter.read(ppp(0, [ann(-60, bytes(100, 1000))]))
    const decision = meter.read(ppp(2 * DAY, [ann(2 * DAY - HOUR, bytes(150, 1500))]))
    expect(kinds(decision)).toEqual(['start', 'interim'])
    const next = meter.read(ppp(2 * DAY + 5, [ann(2 * DAY - HOUR, bytes(150, 1500))]))
    expect(kinds(next)).toEqual(['interim', 'stop'])
    expect(deltaOf(next)).toEqual(bytes(150, 1500))
  })

  it('logins that differ by no more than the tolerance are the same', () => {
    const meter = new Meter()
    meter.read(hotspot(0, []))
    // One second of the window, and two of tolerance.
    meter.read(hotspot(1, [ann(0, bytes(2, 2))]))
    expect(kinds(meter.read(hotspot(6, [ann(3, bytes(2, 3))])))).toEqual(['interim'])
    expect(kinds(meter.read(hotspot(11, [ann(6.1, bytes(9, 9))])))).toEqual(['start', 'interim'])
  })

  it.each([60e-6, -60e-6])('a clock that drifts by %d stays with its session for weeks', drift => {
    const meter = new Meter()
    meter.read(ppp(0, [ann(-60, bytes(0, 0))]))
    const { id } = meter.session
    for (let second = 0; second <= 30 * DAY; second += 5 * MINUTE)
      meter.read(ppp(second, [ann(-60 + second * drift, bytes(second, second))]))
    // By now the login has drifted by two and a half minutes.
    expect(meter.session.id).toBe(id)
    expect(meter.session.recorded).toEqual(bytes(30 * DAY, 30 * DAY))
  })

  it('after days unread, a login may have drifted by as much as clocks do in that time', () => {
    const meter = new Meter()
    meter.read(ppp(0, [ann(-60, bytes(1, 1))]))
    expect(kinds(meter.read(ppp(4 * DAY, [ann(-60 + 4 * DAY * 60e-6, bytes(2, 2))])))).toEqual(['interim'])
  })

  it.each([-40, 40])(
    'a login that differs by %d s but is before the last reading is the same: a clock stood still',
    slept => {
      const meter = new Meter()
      const bob = { username: 'bob' }
      meter.read(ppp(0, [ann(-60, bytes(1, 1)), ann(-90, bytes(5, 5), bob)]))
      const decision = meter.read(ppp(5, [ann(-60 + slept, bytes(3, 3)), ann(-90 + slept, bytes(9, 9), bob)]))
      expect(kinds(decision)).toEqual(['interim', 'interim'])
      expect(deltaOf(decision)).toEqual(bytes(6, 6))
    },
  )
})

describe('rule 3', () => {
  it('a session that two readings lack ended at the first of them, and was last seen at the one before', () => {
    const meter = new Meter()
    meter.read(hotspot(0, [ann(-60, bytes(1, 1))]))
    meter.read(hotspot(5, [ann(-60, bytes(1, 1))]))
    expect(kinds(meter.read(hotspot(10, [])))).toEqual(['interim'])
    const [stop] = stopsOf(meter.read(hotspot(15, [])))
    expect(stop).toMatchObject({ lastSeenAt: wallAt(5), endTime: wallAt(10), reason: 'logout' })
    expect(meter.open).toEqual([])
  })

  it('a session does not end before it was last seen, although the clock was set back', () => {
    const meter = new Meter()
    meter.read(hotspot(0, [ann(-60, bytes(1, 1))]))
    meter.read(hotspot(5, [], { wallAhead: -HOUR }))
    const [stop] = stopsOf(meter.read(hotspot(10, [], { wallAhead: -HOUR })))
    expect(stop).toMatchObject({ lastSeenAt: wallAt(0), endTime: wallAt(0) })
  })

  it('a session that came and went between two readings leaves nothing', () => {
    const meter = new Meter()
    meter.read(hotspot(0, []))
    expect(meter.read(hotspot(60, [])).entries).toEqual([])
  })

  it('the sessions of one service say nothing about another service', () => {
    const [hotspots, ppps] = [new Meter(), new Meter()]
    hotspots.read(hotspot(0, [ann(-60, bytes(1, 1))]))
    ppps.read(ppp(0, []))
    expect(hotspots.open).toHaveLength(1)
  })
})

describe('rule 4', () => {
  it('a router that was not read for hours continues its sessions, with what they moved meanwhile', () => {
    const meter = new Meter()
    meter.read(ppp(0, [ann(-60, bytes(1, 1)), ann(-60, bytes(1, 1), { username: 'bob' })]))
    const decision = meter.read(ppp(8 * HOUR, [ann(-60, bytes(1001, 2001))]))
    expect(kinds(decision)).toEqual(['interim', 'interim'])
    expect(deltaOf(decision)).toEqual(bytes(1000, 2000))
    const [stop] = stopsOf(meter.read(ppp(8 * HOUR + 5, [ann(-60, bytes(1001, 2001))])))
    expect(stop).toMatchObject({ lastSeenAt: wallAt(0), endTime: wallAt(8 * HOUR) })
  })
})

describe('rule 5', () => {
  it('two sessions of one user on one router are two sessions', () => {
    const meter = new Meter()
    const second = { routerSessionId: '0x81300078' }
    meter.read(ppp(0, [ann(-60, bytes(10, 10)), ann(-60, bytes(70, 70), second)]))
    const decision = meter.read(ppp(5, [ann(-60, bytes(71, 71), second), ann(-60, bytes(12, 12))]))
    expect(kinds(decision)).toEqual(['interim', 'interim'])
    expect(deltaOf(decision)).toEqual(bytes(3, 3))
    expect(meter.open.map(session => session.recorded.upload).sort()).toEqual([12, 71])
  })

  it('two sessions that differ only in their login are two sessions, in any order of rows', () => {
    const meter = new Meter()
    const older = (upload: number) => ann(-60, bytes(upload, 0))
    const younger = (upload: number) => ann(-56, bytes(upload, 0))
    meter.read(ppp(0, [older(1000), younger(10)]))
    for (let second = 1; second <= 20; second++) {
      const rows = [older(1000 + second * 5), younger(10 + second)]
      const decision = meter.read(ppp(second, second % 3 === 0 ? rows.reverse() : rows))
      expect(deltaOf(decision)).toEqual(bytes(6, 0))
    }
    meter.read(ppp(21, [younger(31)]))
    const [stop] = stopsOf(meter.read(ppp(22, [younger(31)])))
    expect(stop?.session.recorded.upload).toBe(1100)
    expect(meter.session.recorded.upload).toBe(31)
  })

  it('one row continues one session only', () => {
    const meter = new Meter()
    meter.read(ppp(0, [ann(-60, bytes(10, 10)), ann(-50, bytes(20, 20))]))
    expect(meter.open).toHaveLength(2)
    meter.read(ppp(5, [ann(-50, bytes(21, 21))]))
    expect(stopsOf(meter.read(ppp(10, [ann(-50, bytes(22, 22))])))).toHaveLength(1)
    expect(meter.open.map(session => session.recorded.upload)).toEqual([22])
  })
})
