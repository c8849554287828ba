import { describe, expect, it } from 'vitest'
import { liveCounts } from '../../src/accounting/ledger.ts'
import { liveService } from '../../src/live/service.ts'
import {
  ann,
  bytes,
  countedOf,
  deltaOf,
  events,
  hotspot,
  kinds,
  Meter,
  ppp,
  type Row,
  stopsOf,
  wallAt,
} from './readings.ts'

const bob = (upload: number) => ann(-90, bytes(upload, 0), { username: 'bob', ipAddress: '10.5.50.11' })

describe('a session that one reading missed', () => {
  it('continues when it is back, and no byte of it is missing', () => {
    const meter = new Meter()
    meter.read(hotspot(0, [ann(-60, bytes(100, 200)), bob(1)]))
    const { id } = meter.open[0] ?? {}
    meter.read(hotspot(5, [bob(2)]))
    const decision = meter.read(hotspot(10, [ann(-60, bytes(130, 260)), bob(3)]))
    expect(countedOf(decision)).toContainEqual({ delta: bytes(30, 60), from: wallAt(0), to: wallAt(10) })
    expect(events(decision)).toEqual([])
    expect(meter.open).toHaveLength(2)
    expect(meter.open.some(it => it.id === id && it.recorded.upload === 130)).toBe(true)
  })

  it('leaves the live counts at once', () => {
    const meter = new Meter()
    meter.read(hotspot(0, [ann(-60, bytes(1, 1)), bob(1)]))
    const decision = meter.read(hotspot(5, [bob(2)]))
    expect(liveCounts(meter.ledger)).toEqual({ live: 1, uncounted: 0 })
    expect(liveService(meter.ledger, decision, undefined).subscribers).toEqual(new Set(['bob']))
  })

  it('ends with the second one that lacks it, and at the time of the first', () => {
    const meter = new Meter()
    meter.read(hotspot(0, [ann(-60, bytes(1, 1))]))
    meter.read(hotspot(5, []))
    expect(stopsOf(meter.read(hotspot(600, [])))).toMatchObject([
      { lastSeenAt: wallAt(0), endTime: wallAt(5), reason: 'logout' },
    ])
    expect(meter.read(hotspot(605, [])).entries).toEqual([])
  })

  it('ends at the time that the router reported, if it did', () => {
    const meter = new Meter()
    meter.read(hotspot(0, [ann(-60, bytes(1, 1))]))
    const key = 'hotspot-principal\0ann\x0034:12:F9:8A:21:4C\x0010.5.50.10'
    meter.read({ ...hotspot(5, []), departures: new Map([[key, wallAt(2)]]) })
    expect(stopsOf(meter.read(hotspot(10, [])))).toMatchObject([{ endTime: wallAt(2) }])
  })

  it('is missed again after it was back', () => {
    const meter = new Meter()
    meter.read(hotspot(0, [ann(-60, bytes(1, 1))]))
    for (let second = 5; second <= 50; second += 10) {
      expect(kinds(meter.read(hotspot(second, [])))).toEqual(['interim'])
      meter.read(hotspot(second + 5, [ann(-60, bytes(second, second))]))
    }
    expect(meter.session.recorded).toEqual(bytes(45, 45))
  })

  it('survives a restart, and ends with the first reading of another process that lacks it', () => {
    const meter = new Meter()
    meter.read(hotspot(0, [ann(-60, bytes(100, 200)), bob(1)]))
    meter.read(hotspot(5, []))
    meter.restart()
    const decision = meter.read(hotspot(10, [bob(5)]))
    expect(deltaOf(decision)).toEqual(bytes(4, 0))
    expect(stopsOf(decision)).toMatchObject([{ session: { username: 'ann' }, endTime: wallAt(5) }])
  })

  it('is another session if it is back with a later login', () => {
    const meter = new Meter()
    meter.read(hotspot(0, [ann(-60, bytes(100, 200))]))
    meter.read(hotspot(5, []))
    const decision = meter.read(hotspot(10, [ann(7, bytes(3, 4))]))
    expect(kinds(decision)).toEqual(['start', 'stop'])
    expect(deltaOf(decision)).toEqual(bytes(3, 4))
  })

  it('continues under suspicion if its counters are below the last ones: nothing is counted twice', () => {
    const meter = new Meter()
    meter.read(hotspot(0, [ann(-60, bytes(100, 200))]))
    meter.read(hotspot(5, []))
    expect(deltaOf(meter.read(hotspot(10, [ann(-60, bytes(0, 0))])))).toEqual(bytes(0, 0))
    meter.read(hotspot(15, [ann(-60, bytes(130, 260))]))
    expect(meter.session.recorded).toEqual(bytes(130, 260))
  })

  it('ends when it was missed, also if the router has rebooted since', () => {
    const meter = new Meter()
    meter.read(hotspot(0, [ann(-60, bytes(100, 200))]))
    meter.read(hotspot(5, []))
    expect(stopsOf(meter.read(hotspot(60, [], { boot: 30 })))).toMatchObject([
      { lastSeenAt: wallAt(0), endTime: wallAt(5), reason: 'logout' },
    ])
  })

  it('that has ended is not counted again, whatever it shows', () => {
    const meter = new Meter()
    meter.read(hotspot(0, [ann(-60, bytes(100, 200))]))
    for (const second of [5, 10]) meter.read(hotspot(second, []))
    expect(deltaOf(meter.read(hotspot(15, [ann(-60, bytes(500, 900))])))).toEqual(bytes(0, 0))
  })
})

describe('a hotspot session whose address changes', () => {
  const moved = (login: number, upload: number, more: Partial<Row> = {}) =>
    ann(login, bytes(upload, upload), { ipAddress: '10.5.50.99', ...more })

  it('is one session, with the new address on it', () => {
    const meter = new Meter()
    meter.read(hotspot(0, [ann(-60, bytes(100, 100))]))
    const decision = meter.read(hotspot(5, [moved(-60, 130)]))
    expect(kinds(decision)).toEqual(['interim'])
    expect(deltaOf(decision)).toEqual(bytes(30, 30))
    expect(meter.session.ipAddress).toBe('10.5.50.99')
  })

  it('is one session too if a reading missed it in between', () => {
    const meter = new Meter()
    meter.read(hotspot(0, [ann(-60, bytes(100, 100))]))
    meter.read(hotspot(5, []))
    expect(deltaOf(meter.read(hotspot(10, [moved(-60, 130)])))).toEqual(bytes(30, 30))
  })

  it.each([
    ['another login', moved(2, 130)],
    ['another device', moved(-60, 130, { macAddress: '34:12:F9:8A:21:4D' })],
    ['another name', moved(-60, 130, { username: 'bob' })],
  ])('is not one with %s', (_, row) => {
    const meter = new Meter()
    meter.read(hotspot(0, [ann(-60, bytes(100, 100))]))
    meter.read(hotspot(5, [row]))
    expect(meter.open).toHaveLength(2)
  })

  it('is suspected of a reset if its counters fell, like any other session', () => {
    const meter = new Meter()
    meter.read(hotspot(0, [ann(-60, bytes(100, 100))]))
    meter.read(hotspot(5, [moved(-60, 0)]))
    expect(deltaOf(meter.read(hotspot(10, [moved(-60, 130)])))).toEqual(bytes(30, 30))
  })

  it('is not continued by a row with lower counters that could belong to either of two', () => {
    const meter = new Meter()
    meter.read(
      hotspot(0, [ann(-60, bytes(100, 100)), ann(-60, bytes(200, 200), { ipAddress: '10.5.50.98' })]),
    )
    meter.read(hotspot(5, [moved(-60, 99)]))
    expect(meter.open).toHaveLength(3)
  })

  it('is not confused with one that is still there on the old address', () => {
    const meter = new Meter()
    meter.read(hotspot(0, [ann(-60, bytes(100, 100))]))
    meter.read(hotspot(5, [ann(-60, bytes(110, 110)), moved(-60, 130)]))
    expect(meter.open).toHaveLength(2)
  })
})

describe('a session whose name comes with its domain', () => {
  const north = { username: 'ann@north.example', domain: 'north.example' }

  it('continues under the new name, as does one that was open before domains were read', () => {
    const meter = new Meter()
    meter.read(hotspot(0, [ann(-60, bytes(100, 100))]))
    meter.restart()
    const decision = meter.read(hotspot(5, [ann(-60, bytes(130, 130), north)]))
    expect(deltaOf(decision)).toEqual(bytes(30, 30))
    expect(meter.session).toMatchObject(north)
  })

  it('continues under the plain name when the domain is not part of it any more', () => {
    const meter = new Meter()
    meter.read(hotspot(0, [ann(-60, bytes(100, 100), north)]))
    meter.read(hotspot(5, [ann(-60, bytes(130, 130), { domain: 'north.example' })]))
    expect(meter.session).toMatchObject({ username: 'ann', recorded: bytes(130, 130) })
  })

  it('is not another subscriber’s: two domains are two subscribers', () => {
    const meter = new Meter()
    const south = { username: 'ann@south.example', domain: 'south.example', ipAddress: '10.5.50.11' }
    meter.read(hotspot(0, [ann(-60, bytes(1, 1), north), ann(-60, bytes(5, 5), south)]))
    meter.read(hotspot(5, [ann(-60, bytes(7, 7), south)]))
    expect(meter.open.map(it => [it.username, it.recorded.upload]).sort()).toEqual([
      ['ann@north.example', 1],
      ['ann@south.example', 7],
    ])
  })
})

describe('a PPP session that one reading missed', () => {
  it('continues when it is back with its session-id and login', () => {
    const meter = new Meter()
    meter.read(ppp(0, [ann(-60, bytes(100, 200))]))
    meter.read(ppp(5, []))
    meter.read(ppp(10, [ann(-60, undefined)]))
    const decision = meter.read(ppp(15, [ann(-60, bytes(130, 260))]))
    expect(countedOf(decision)).toEqual([{ delta: bytes(30, 60), from: wallAt(0), to: wallAt(15) }])
  })
})
