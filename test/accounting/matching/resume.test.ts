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
  type Row,
  stopsOf,
  wallAt,
} from '../readings.ts'

const bob = { username: 'bob' }
const cid = { username: 'cid' }

describe('rule 4 (docs/accounting.md): a daemon that was down', () => {
  it('continues the sessions that are still there, and counts what they moved', () => {
    const meter = new Meter()
    meter.read(ppp(0, [ann(-60, bytes(100, 100)), ann(-90, bytes(10, 10), bob)]))
    meter.restart()
    const decision = meter.read(
      ppp(HOUR, [ann(-60, bytes(150, 160)), ann(30 * MINUTE, bytes(7, 7), cid)], { boot: -10 * DAY + 0.3 }),
    )
    expect(kinds(decision)).toEqual(['interim', 'start', 'interim'])
    expect(deltaOf(decision)).toEqual(bytes(57, 67))
    expect(countedOf(decision)[0]).toMatchObject({ from: wallAt(0), to: wallAt(HOUR) })
    expect(meter.ledger.last?.isFromAnotherProcess).toBe(false)
  })

  it('takes a login after the last reading for another session, as it would have while up', () => {
    const meter = new Meter()
    meter.read(hotspot(0, [ann(-60, bytes(100, 100))], { boot: -100 * DAY }))
    meter.restart()
    meter.read(hotspot(60, [ann(5, bytes(150, 150))], { boot: -100 * DAY }))
    const decision = meter.read(hotspot(65, [ann(5, bytes(150, 150))], { boot: -100 * DAY }))
    expect(kinds(decision)).toEqual(['interim', 'stop'])
    expect(deltaOf(decision)).toEqual(bytes(150, 150))
  })
})

describe('rule 14: a clock set while the daemon was down', () => {
  it('is not recognised by a missed session that another has replaced', () => {
    const meter = new Meter()
    const boot = { boot: -100 * DAY }
    meter.read(hotspot(0, [ann(-100, bytes(5, 5))], boot))
    meter.read(hotspot(300, [ann(250, bytes(1, 1)), ann(20, bytes(9, 9), bob)], boot))
    meter.restart()
    // As long after their first login as ann's second one.
    meter.read(hotspot(650, [ann(250, bytes(2, 2)), ann(370, bytes(0, 0), bob)], boot))
    const stops = stopsOf(meter.read(hotspot(655, [ann(250, bytes(2, 2)), ann(370, bytes(0, 0), bob)], boot)))
    expect(stops.map(({ session }) => [session.username, session.recorded.upload])).toEqual([['bob', 9]])
    expect(meter.open.map(({ username, recorded }) => [username, recorded.upload])).toEqual([
      ['ann', 2],
      ['bob', 0],
    ])
  })

  /** All sessions stay for the five minutes that the daemon is down. `set`: by how much the clock is set meanwhile. */
  function setBy(set: number, uptime: number, drift = 0): Meter {
    const meter = new Meter()
    const rows = (late: number, more: number): readonly Row[] => [
      ann(-2 * HOUR + late, bytes(100 + more, 200 + more)),
      ann(-30 * MINUTE + late, bytes(10 + more, 20 + more), bob),
      ann(-10 + late, bytes(1 + more, 2 + more), cid),
    ]
    meter.read(ppp(0, rows(0, 0), { boot: -uptime }))
    meter.restart()
    const second = 5 * MINUTE + set
    const decision = meter.read(ppp(second, rows(set, 50), { boot: -uptime + set + drift }))
    expect(events(decision)).toEqual([])
    expect(kinds(decision).filter(kind => kind !== 'interim')).toEqual([])
    expect(deltaOf(decision)).toEqual(bytes(150, 150))
    for (const { from, to } of countedOf(decision)) {
      expect(to).toEqual(wallAt(second))
      expect(Math.abs(from.getTime() - wallAt(set).getTime())).toBeLessThan(2000)
    }
    return meter
  }

  it.each([
    ['an hour ahead', HOUR],
    ['an hour back', -HOUR],
    ['a day ahead', DAY],
    ['a day back', -DAY],
    ['a minute ahead', MINUTE],
    ['a minute back', -MINUTE],
    ['2.5 seconds ahead', 2.5],
    ['2.5 seconds back', -2.5],
    ['a second', 1],
  ])('%s: sessions continue, and each byte counts once', (_, set) => {
    setBy(set, 3 * HOUR)
    setBy(set, 10 * DAY)
    // The uptime is so long that its drift hides the change.
    setBy(set, 400 * DAY)
  })

  it.each([50, -50])(
    'the login times decide, not the boot, which has drifted by %d s since it was read',
    drift => {
      setBy(-HOUR, 30 * DAY, drift)
      setBy(HOUR, 30 * DAY, drift)
    },
  )

  it('sessions that began and ended meanwhile begin and end', () => {
    const meter = new Meter()
    meter.read(ppp(0, [ann(-HOUR, bytes(1, 1)), ann(-HOUR, bytes(1, 1), bob), ann(-60, bytes(5, 5), cid)]))
    meter.restart()
    // The clock is an hour ahead now.
    const rows = [
      ann(0, bytes(11, 11)),
      ann(0, bytes(11, 11), bob),
      ann(HOUR + 60, bytes(30, 30), { username: 'dee' }),
    ]
    const decision = meter.read(ppp(HOUR + 120, rows, { boot: -10 * DAY + HOUR }))
    expect(kinds(decision)).toEqual(['interim', 'interim', 'start', 'interim'])
    expect(deltaOf(decision)).toEqual(bytes(50, 50))
    const next = meter.read(ppp(HOUR + 125, rows, { boot: -10 * DAY + HOUR }))
    expect(stopsOf(next)).toMatchObject([{ session: { username: 'cid' }, endTime: wallAt(HOUR + 120) }])
  })

  it('a later boot is a reboot if no session contradicts it', () => {
    const meter = new Meter()
    meter.read(hotspot(0, [ann(-HOUR, bytes(1, 1)), ann(-HOUR, bytes(1, 1), bob)], { boot: -2 * HOUR }))
    meter.restart()
    const rows = [ann(4 * HOUR, bytes(11, 11)), ann(5 * HOUR, bytes(11, 11), bob)]
    const decision = meter.read(hotspot(6 * HOUR, rows, { boot: 2 * HOUR }))
    expect(events(decision)).toEqual(['reboot'])
    expect(deltaOf(decision)).toEqual(bytes(22, 22))
  })

  it('if it was set back and no session was open, the sessions now logged in since', () => {
    const meter = new Meter()
    meter.read(ppp(0, [], { boot: -100 * DAY }))
    meter.restart()
    const set = -8 * MINUTE
    const decision = meter.read(ppp(set + 60, [ann(set + 30, bytes(4, 4))], { boot: -100 * DAY + set }))
    expect(deltaOf(decision)).toEqual(bytes(4, 4))
    expect(events(decision)).toEqual([])
  })

  it('counters that were unknown continue from when they were known', () => {
    const meter = new Meter()
    meter.read(ppp(0, [ann(-HOUR, bytes(10, 10))]))
    meter.read(ppp(60, [ann(-HOUR, undefined)]))
    meter.restart()
    const decision = meter.read(ppp(120 + HOUR, [ann(0, bytes(40, 40))], { boot: -10 * DAY + HOUR }))
    expect(countedOf(decision)).toEqual([
      { delta: bytes(30, 30), from: wallAt(HOUR), to: wallAt(HOUR + 120) },
    ])
  })

  it('a clock that is moved changes every session once', () => {
    const meter = new Meter()
    meter.read(ppp(0, [ann(-HOUR, bytes(10, 10))]))
    meter.restart()
    const again = ppp(120 + HOUR, [ann(0, bytes(10, 10))], { boot: -10 * DAY + HOUR })
    expect(kinds(meter.read(again))).toEqual(['interim'])
    expect(kinds(meter.read(again))).toEqual([])
  })
})

describe('rule 14: a clock that jumps while the daemon runs', () => {
  it.each([HOUR, -HOUR])(
    'by %d s: counting follows the steady clock, days follow the new wall clock',
    wallAhead => {
      const meter = new Meter()
      meter.read(ppp(0, [ann(-60, bytes(10, 10))]))
      const decision = meter.read(ppp(5, [ann(-60, bytes(30, 40)), ann(3, bytes(1, 1), bob)], { wallAhead }))
      expect(kinds(decision)).toEqual(['interim', 'start'])
      expect(countedOf(decision)).toEqual([
        { delta: bytes(20, 30), from: wallAt(wallAhead), to: wallAt(wallAhead + 5) },
        { delta: bytes(1, 1), from: wallAt(wallAhead + 3), to: wallAt(wallAhead + 5) },
      ])
      expect(events(decision)).toEqual([])
    },
  )

  it('counters first known after it are as plausible as before it', () => {
    const meter = new Meter()
    meter.read(ppp(0, []))
    meter.read(ppp(10, [ann(5, undefined)]))
    const decision = meter.read(ppp(65, [ann(5, bytes(5e9, 5e9))], { wallAhead: -HOUR }))
    expect(events(decision)).toEqual([])
    expect(countedOf(decision)).toEqual([
      { delta: bytes(5e9, 5e9), from: wallAt(5 - HOUR), to: wallAt(65 - HOUR) },
    ])
  })

  it('a machine that slept: the boot is earlier by as much, and all sessions continue', () => {
    const meter = new Meter()
    meter.read(ppp(0, [ann(-HOUR, bytes(10, 10))]))
    const slept = 8 * HOUR
    const rows = [ann(-HOUR - slept, bytes(30, 30)), ann(-slept + 60, bytes(5, 5), bob)]
    const decision = meter.read(ppp(60, rows, { boot: -10 * DAY - slept, wallAhead: slept }))
    expect(kinds(decision)).toEqual(['interim', 'start'])
    expect(countedOf(decision)[0]).toMatchObject({ from: wallAt(0), to: wallAt(slept + 60) })
    expect(deltaOf(decision)).toEqual(bytes(25, 25))
    expect(stopsOf(decision)).toEqual([])
  })
})
