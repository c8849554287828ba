import { describe, expect, it } from 'vitest'
import { countedUpTo } from '../../../src/accounting/counting/mark.ts'
import type { Device } from '../../../src/accounting/reading.ts'
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
  ppp,
  type Row,
  stopsOf,
  wallAt,
} from '../readings.ts'

const A: Device = { serial: 'A1', identity: 'gate' }
const B: Device = { serial: 'B2', identity: 'gate' }
const onA = { device: A, boot: -DAY }
const onB = { device: B, boot: -10 * DAY }
const bob = (login: number, upload: number): Row =>
  ann(login, bytes(upload, upload), { username: 'bob', ipAddress: '10.5.50.77' })

describe('another router behind the same address', () => {
  it('is no reboot and no clock set back: the sessions before end with their last reading, and it is reported', () => {
    const meter = new Meter()
    meter.read(hotspot(0, [ann(-HOUR, bytes(300, 300))], onA))
    const decision = meter.read(hotspot(5, [bob(-HOUR, 700)], onB))
    expect(stopsOf(decision)).toMatchObject([
      { session: { username: 'ann' }, reason: 'router_changed', lastSeenAt: wallAt(0), endTime: wallAt(0) },
    ])
    expect(decision.events).toMatchObject([
      { kind: 'router_changed', detail: { service: 'hotspot', before: A, after: B, sessions: 1 } },
      { kind: 'baseline', detail: { username: 'bob' } },
    ])
  })

  it.each([
    ['went on before', -HOUR],
    ['began since', 3],
  ])('has sessions that %s counted from where they are found', (_, login) => {
    const meter = new Meter()
    meter.read(hotspot(0, [ann(-HOUR, bytes(300, 300))], onA))
    expect(deltaOf(meter.read(hotspot(5, [bob(login, 700)], onB)))).toEqual(bytes(0, 0))
    expect(deltaOf(meter.read(hotspot(10, [bob(login, 750)], onB)))).toEqual(bytes(50, 50))
    expect(deltaOf(meter.read(hotspot(15, [bob(login, 750), ann(12, bytes(4, 4))], onB)))).toEqual(
      bytes(4, 4),
    )
  })

  it('has a session that only its last reading missed go on with it, also where the wall clock was set back', () => {
    const meter = new Meter()
    meter.read(hotspot(0, [ann(-HOUR, bytes(300, 300))], { ...onA, wallAhead: HOUR }))
    meter.read(hotspot(5, [], onA))
    const changed = meter.read(hotspot(10, [bob(-HOUR, 700)], onB))
    expect(stopsOf(changed)).toMatchObject([{ reason: 'router_changed', endTime: wallAt(5) }])
    expect(deltaOf(meter.read(hotspot(15, [ann(-HOUR, bytes(320, 330))], onA)))).toEqual(bytes(20, 30))
  })

  it('is recognised by another name without a common session, if none has a serial number', () => {
    const meter = new Meter()
    const named = (identity: string) => ({ device: { serial: undefined, identity } })
    meter.read(hotspot(0, [ann(-HOUR, bytes(300, 300))], named('north')))
    const decision = meter.read(hotspot(5, [bob(-HOUR, 700)], named('south')))
    expect(events(decision)).toEqual(['router_changed', 'baseline'])
  })

  it('is the same one with a new name where a session goes on', () => {
    const meter = new Meter()
    const named = (identity: string) => ({ device: { serial: undefined, identity } })
    meter.read(hotspot(0, [ann(-HOUR, bytes(300, 300))], named('north')))
    const decision = meter.read(hotspot(5, [ann(-HOUR, bytes(310, 310)), bob(3, 7)], named('south')))
    expect(events(decision)).toEqual([])
    expect(deltaOf(decision)).toEqual(bytes(17, 17))
  })

  it('is the same one where its name is new and its serial number is not', () => {
    const meter = new Meter()
    meter.read(hotspot(0, [ann(-HOUR, bytes(300, 300))], onA))
    const decision = meter.read(hotspot(5, [bob(3, 7)], { ...onA, device: { ...A, identity: 'renamed' } }))
    expect(events(decision)).toEqual([])
    expect(deltaOf(decision)).toEqual(bytes(7, 7))
  })

  it('is the same one without any session, where it booted when the other did', () => {
    const meter = new Meter()
    const named = (identity: string, boot: number) => ({ device: { serial: undefined, identity }, boot })
    meter.read(hotspot(0, [], named('north', -DAY)))
    expect(deltaOf(meter.read(hotspot(5, [bob(3, 7)], named('south', -DAY))))).toEqual(bytes(7, 7))
    expect(events(meter.read(hotspot(10, [], named('west', -HOUR))))).toEqual(['router_changed'])
  })

  it('is not recognised by a router that reports neither, or after a release that did not ask', () => {
    const meter = new Meter()
    meter.read(hotspot(0, [ann(-HOUR, bytes(300, 300))], onA))
    const nameless = { ...onA, device: { serial: undefined, identity: '' } }
    expect(events(meter.read(hotspot(5, [ann(-HOUR, bytes(301, 301))], nameless)))).toEqual([])
    if (meter.ledger.last)
      meter.ledger = { ...meter.ledger, last: { ...meter.ledger.last, device: undefined } }
    expect(deltaOf(meter.read(hotspot(10, [ann(-HOUR, bytes(303, 303))], onA)))).toEqual(bytes(2, 2))
  })

  it('has static bindings of its own, whatever their names', () => {
    const meter = new Meter()
    const shows = (upload: number) => ({ bindings: [binding('pppoe-ann', upload, upload)] })
    const on = (login: number, upload: number) =>
      ann(login, bytes(upload, upload), { binding: 'pppoe-ann', routerSessionId: `0x${login}` })
    meter.read(ppp(0, [], { ...onA, ...shows(1000) }))
    meter.read(ppp(5, [], { ...onB, ...shows(9000) }))
    expect(deltaOf(meter.read(ppp(60, [on(30, 9007)], { ...onB, ...shows(9007) })))).toEqual(bytes(7, 7))
    meter.read(ppp(65, [], { ...onA, bindings: [] }))
    expect(deltaOf(meter.read(ppp(70, [on(68, 1050)], { ...onA, ...shows(1050) })))).toEqual(bytes(50, 50))
  })
})

describe('an earlier router that is back', () => {
  it('continues its sessions, and never counts more than their counters', () => {
    const meter = new Meter()
    const [a, b] = [(second: number) => 300 + second, (second: number) => 700 + 2 * second]
    for (let second = 0; second <= 100; second++)
      meter.read(
        Math.floor(second / 10) % 2 === 0
          ? hotspot(second, [ann(-HOUR, bytes(a(second), a(second)))], onA)
          : hotspot(second, [bob(-HOUR, b(second))], onB),
      )
    expect(meter.session.recorded).toEqual(bytes(a(100), a(100)))
    meter.read(hotspot(101, [bob(-HOUR, b(101))], onB))
    // From where it was found, at second 10.
    expect(meter.session.recorded).toEqual(bytes(b(101) - b(10), b(101) - b(10)))
  })

  it('ends again what was open on the other, and makes it no second session', () => {
    const meter = new Meter()
    meter.read(hotspot(0, [ann(-HOUR, bytes(300, 300))], onA))
    const { id } = meter.session
    meter.read(hotspot(5, [bob(-HOUR, 700)], onB))
    const decision = meter.read(hotspot(10, [ann(-HOUR, bytes(310, 310))], onA))
    expect(kinds(decision)).toEqual(['stop', 'interim'])
    expect(meter.session.id).toBe(id)
    expect(deltaOf(decision)).toEqual(bytes(10, 10))
  })

  it('counts sessions that logged in while it was away whole, because nobody else counted them', () => {
    const meter = new Meter()
    meter.read(hotspot(0, [ann(-HOUR, bytes(300, 300))], onA))
    meter.read(hotspot(5, [bob(-HOUR, 700)], onB))
    expect(deltaOf(meter.read(hotspot(60, [bob(20, 33)], onA)))).toEqual(bytes(33, 33))
  })

  it('has none of its sessions left where it has rebooted meanwhile', () => {
    const meter = new Meter()
    meter.read(hotspot(0, [ann(-HOUR, bytes(300, 300))], onA))
    meter.read(hotspot(5, [bob(-HOUR, 700)], onB))
    const decision = meter.read(hotspot(60, [ann(50, bytes(310, 310))], { ...onA, boot: 40 }))
    expect(deltaOf(decision)).toEqual(bytes(310, 310))
    expect(kinds(decision)).toEqual(['stop', 'start'])
  })

  it.each([
    ['its bindings go on from their last values', -DAY, 1300, 300],
    ['its bindings begin at 0 where it has rebooted meanwhile', 40, 13, 13],
  ])('has its bindings: %s', (_, boot, upload, delta) => {
    const meter = new Meter()
    const shows = (shown: number) => ({ bindings: [binding('pppoe-ann', shown, shown)] })
    meter.read(ppp(0, [], { ...onA, ...shows(1000) }))
    meter.read(ppp(5, [], { ...onB, ...shows(9000) }))
    meter.restart()
    const row = ann(50, bytes(upload, upload), { binding: 'pppoe-ann' })
    expect(deltaOf(meter.read(ppp(60, [row], { ...onA, boot, ...shows(upload) })))).toEqual(
      bytes(delta, delta),
    )
    const other = ann(63, bytes(9100, 9100), { binding: 'pppoe-ann' })
    expect(deltaOf(meter.read(ppp(65, [other], { ...onB, ...shows(9100) })))).toEqual(bytes(100, 100))
  })

  it('is known after a restart too', () => {
    const meter = new Meter()
    meter.read(hotspot(0, [ann(-HOUR, bytes(300, 300))], onA))
    meter.read(hotspot(5, [bob(-HOUR, 700)], onB))
    meter.restart()
    expect(deltaOf(meter.read(hotspot(10, [ann(-HOUR, bytes(310, 310))], onA)))).toEqual(bytes(10, 10))
  })

  it('is forgotten once four others have been there since', () => {
    const meter = new Meter()
    meter.ledger = { ...meter.ledger, bindings: new Map([['pppoe-ann', countedUpTo(bytes(1, 1))]]) }
    meter.read(hotspot(0, [ann(-HOUR, bytes(300, 300))], onA))
    for (let n = 1; n <= 5; n++)
      meter.read(hotspot(n, [], { device: { serial: `X${n}`, identity: 'gate' }, boot: -n * DAY }))
    expect(meter.ledger.away.size).toBe(4)
    expect(meter.ledger.bindings.size).toBe(0)
    expect(events(meter.read(hotspot(60, [ann(-HOUR, bytes(310, 310))], onA)))).toEqual([
      'router_changed',
      'baseline',
    ])
  })
})
