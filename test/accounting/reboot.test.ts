import { describe, expect, it } from 'vitest'
import {
  ann,
  binding,
  bytes,
  DAY,
  deltaOf,
  events,
  HOUR,
  hotspot,
  kinds,
  Meter,
  MINUTE,
  ppp,
  stopsOf,
  wallAt,
} from './readings.ts'

describe('rule 2 (docs/accounting.md)', () => {
  it('an uptime that went back is a reboot, and every session open before has ended', () => {
    const meter = new Meter()
    meter.read(hotspot(0, [ann(-HOUR, bytes(7, 7)), ann(-HOUR, bytes(9, 9), { username: 'bob' })]))
    const decision = meter.read(hotspot(10 * MINUTE, [ann(9 * MINUTE, bytes(3, 4))], { boot: 5 * MINUTE }))
    expect(kinds(decision)).toEqual(['stop', 'stop', 'start'])
    expect(stopsOf(decision).map(stop => stop.reason)).toEqual(['reboot', 'reboot'])
    expect(events(decision)).toEqual(['reboot'])
    expect(deltaOf(decision)).toEqual(bytes(3, 4))
  })

  it('sessions end at the boot, which is known from the uptime', () => {
    const meter = new Meter()
    meter.read(hotspot(0, [ann(-HOUR, bytes(7, 7))]))
    const [stop] = stopsOf(meter.read(hotspot(10 * MINUTE, [], { boot: 5 * MINUTE })))
    expect(stop).toMatchObject({ lastSeenAt: wallAt(0), endTime: wallAt(5 * MINUTE - 1) })
  })

  it('an uptime that grew less than the clock is a reboot', () => {
    const meter = new Meter()
    meter.read(hotspot(0, [ann(-MINUTE, bytes(7, 7))], { boot: -HOUR }))
    const decision = meter.read(hotspot(6 * HOUR, [ann(2 * HOUR, bytes(9, 9))], { boot: HOUR }))
    expect(events(decision)).toEqual(['reboot'])
    expect(deltaOf(decision)).toEqual(bytes(9, 9))
  })

  it('a router that booted within a second of the last reading has rebooted', () => {
    const meter = new Meter()
    meter.read(hotspot(0, [ann(-HOUR, bytes(7, 7))]))
    const decision = meter.read(hotspot(60, [ann(30, bytes(9, 9))], { boot: 0.5 }))
    expect(events(decision)).toEqual(['reboot'])
    expect(stopsOf(decision)[0]).toMatchObject({ lastSeenAt: wallAt(0), endTime: wallAt(0) })
  })

  it('a router that booted soon after it had booted has rebooted', () => {
    const meter = new Meter()
    meter.read(hotspot(0, [ann(-1, bytes(7, 7))], { boot: -3 }))
    expect(events(meter.read(hotspot(60, [], { boot: 1.5 })))).toEqual(['reboot'])
  })

  it('a login after a reboot that looks the same is counted from 0, whatever the old counters were', () => {
    const meter = new Meter()
    meter.read(hotspot(0, [ann(-MINUTE, bytes(100, 100))], { boot: -2 * MINUTE }))
    const decision = meter.read(
      hotspot(10 * MINUTE, [ann(6 * MINUTE, bytes(500, 500))], { boot: 5 * MINUTE }),
    )
    expect(kinds(decision)).toEqual(['stop', 'start'])
    expect(deltaOf(decision)).toEqual(bytes(500, 500))
  })

  it('a boot that is read again on a new connection is no reboot', () => {
    const meter = new Meter()
    meter.read(hotspot(0, [ann(-60, bytes(1, 1))], { boot: -HOUR }))
    const decision = meter.read(hotspot(60, [ann(-60, bytes(2, 2))], { boot: -HOUR + 1.4 }))
    expect(events(decision)).toEqual([])
    expect(kinds(decision)).toEqual(['interim'])
  })

  it.each([60e-6, -60e-6])(
    'a clock that drifted by %d over a connection of 90 days has not rebooted',
    drift => {
      const meter = new Meter()
      const boot = -30 * DAY
      meter.read(hotspot(0, [ann(-60, bytes(1, 1))], { boot }))
      for (let day = 1; day <= 90; day++)
        meter.read(hotspot(day * DAY, [ann(-60 + day * DAY * drift, bytes(day, 1))], { boot }))
      const decision = meter.read(
        hotspot(90 * DAY + 5, [ann(-60 + 90 * DAY * drift, bytes(91, 1))], {
          boot: boot + 120 * DAY * drift,
        }),
      )
      expect(events(decision)).toEqual([])
      expect(deltaOf(decision)).toEqual(bytes(1, 0))
    },
  )

  it('a reboot is reported once', () => {
    const meter = new Meter()
    meter.read(hotspot(0, [], { boot: -HOUR }))
    expect(events(meter.read(hotspot(60, [], { boot: 30 })))).toEqual(['reboot'])
    expect(events(meter.read(hotspot(65, [], { boot: 30 })))).toEqual([])
    expect(events(meter.read(hotspot(90, [], { boot: 31 })))).toEqual([])
  })

  it('a reboot while the daemon was down is recognised', () => {
    const meter = new Meter()
    meter.read(hotspot(0, [ann(-MINUTE, bytes(100, 100))], { boot: -HOUR }))
    meter.restart()
    const decision = meter.read(
      hotspot(30 * MINUTE, [ann(20 * MINUTE, bytes(120, 90))], { boot: 10 * MINUTE }),
    )
    expect(events(decision)).toEqual(['reboot'])
    expect(deltaOf(decision)).toEqual(bytes(120, 90))
  })

  it('a reboot after which all log in as soon as before is still one: the uptime went back', () => {
    const meter = new Meter()
    meter.read(ppp(0, [ann(-HOUR + 35, bytes(100, 100))], { boot: -HOUR }))
    meter.restart()
    const decision = meter.read(
      ppp(10 * MINUTE, [ann(5 * MINUTE + 35, bytes(120, 120))], { boot: 5 * MINUTE }),
    )
    expect(kinds(decision)).toEqual(['stop', 'start'])
    expect(deltaOf(decision)).toEqual(bytes(120, 120))
  })

  it('a power cut that sets our own clock back too counts what came since the boot', () => {
    const meter = new Meter()
    meter.read(ppp(0, [ann(-MINUTE, bytes(100, 100))], { boot: -HOUR }))
    meter.restart()
    const decision = meter.read(ppp(-40 * MINUTE, [ann(-44 * MINUTE, bytes(5, 5))], { boot: -45 * MINUTE }))
    expect(events(decision)).toEqual(['reboot'])
    expect(deltaOf(decision)).toEqual(bytes(5, 5))
    expect(stopsOf(decision)[0]).toMatchObject({ lastSeenAt: wallAt(0), endTime: wallAt(0) })
  })

  it('a static binding counts from 0 again after a reboot', () => {
    const meter = new Meter()
    meter.read(ppp(0, [], { bindings: [binding('pppoe-ann', 100, 100)] }))
    const row = ann(40, bytes(300, 300), { binding: 'pppoe-ann' })
    const decision = meter.read(ppp(60, [row], { boot: 30, bindings: [binding('pppoe-ann', 300, 300)] }))
    expect(deltaOf(decision)).toEqual(bytes(300, 300))
    expect(meter.ledger.bindings.get('pppoe-ann')?.counters).toEqual(bytes(300, 300))
  })

  it('a binding that no reading after the reboot shows is at 0', () => {
    const meter = new Meter()
    meter.read(ppp(0, [], { bindings: [binding('pppoe-ann', 100, 100)] }))
    meter.read(ppp(60, [], { boot: 30 }))
    expect(meter.ledger.bindings.get('pppoe-ann')?.counters).toEqual(bytes(0, 0))
  })

  it('a router whose clock stood still has not rebooted if its sessions show it', () => {
    const meter = new Meter()
    const bob = { username: 'bob' }
    meter.read(ppp(0, [ann(-HOUR, bytes(100, 100)), ann(-60, bytes(10, 10), bob)], { boot: -DAY }))
    // For five minutes. Bob's login now seems to be after the last reading.
    const rows = [ann(-HOUR + 300, bytes(150, 150)), ann(240, bytes(12, 12), bob)]
    const decision = meter.read(ppp(600, rows, { boot: -DAY + 300 }))
    expect(events(decision)).toEqual([])
    expect(deltaOf(decision)).toEqual(bytes(52, 52))
  })

  it('what a router that counts as rebooted shows from before its last reading is not billed again', () => {
    const meter = new Meter()
    const bob = { username: 'bob' }
    meter.read(ppp(0, [ann(-HOUR, bytes(100, 100)), ann(-HOUR, bytes(100, 100), bob)], { boot: -DAY }))
    const rows = [ann(-HOUR + 9, bytes(150, 150)), ann(-HOUR + 300, bytes(150, 150), bob)]
    const decision = meter.read(ppp(HOUR, rows, { boot: -DAY + 600 }))
    expect(events(decision)).toEqual(['reboot', 'baseline', 'baseline'])
    expect(deltaOf(decision)).toEqual(bytes(0, 0))
  })
})
