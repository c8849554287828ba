import { describe, expect, it } from 'vitest'
import { NEW_LEDGER } from '../../src/accounting/ledger.ts'
import { removal } from '../../src/accounting/removal.ts'
import { ann, bytes, deltaOf, events, hotspot, kinds, Meter, stopsOf, TERMS, wallAt } from './readings.ts'

/** A router with one session, which was removed from the config. */
function left(): Meter {
  const meter = new Meter()
  meter.read(hotspot(0, [ann(-60, bytes(100, 2000))]))
  meter.remove('hotspot')
  return meter
}

describe('a router that was removed from the config', () => {
  it('ends its sessions at the last reading, as removed, and once', () => {
    const meter = new Meter()
    meter.read(hotspot(0, [ann(-60, bytes(100, 2000))]))
    const decision = removal(meter.ledger, 'hotspot', TERMS)
    if (!decision) throw new Error('a session was open')
    expect(stopsOf(decision)).toMatchObject([
      { reason: 'removed', lastSeenAt: wallAt(0), endTime: wallAt(0), session: { username: 'ann' } },
    ])
    expect(deltaOf(decision)).toEqual(bytes(0, 0))
    expect(removal(left().ledger, 'hotspot', TERMS)).toBeUndefined()
  })

  it('ends nothing if no session is open, or if it was never read', () => {
    expect(removal(NEW_LEDGER, 'ppp', TERMS)).toBeUndefined()
  })
})

describe('a session whose counters fell just before', () => {
  /** Ann's counters were at 1000 and 2000. */
  function fallenTo(upload: number, download: number): Meter {
    const meter = new Meter()
    meter.read(hotspot(0, [ann(-60, bytes(1000, 2000))]))
    meter.read(hotspot(5, [ann(-60, bytes(upload, download))]))
    return meter
  }

  it('counts what they showed, as at any end, and not again when the router is configured again', () => {
    const meter = fallenTo(30, 40)
    const decision = removal(meter.ledger, 'hotspot', TERMS)
    expect(decision && deltaOf(decision)).toEqual(bytes(30, 40))
    expect(decision && events(decision)).toEqual(['reset'])
    meter.remove('hotspot')
    expect(deltaOf(meter.read(hotspot(60, [ann(-60, bytes(35, 46))])))).toEqual(bytes(5, 6))
    expect(deltaOf(meter.read(hotspot(65, [ann(-60, bytes(1100, 2200))])))).toEqual(bytes(65, 154))
  })

  it('counts nothing from half of the mark on, and reports the bytes', () => {
    const decision = removal(fallenTo(500, 1000).ledger, 'hotspot', TERMS)
    expect(decision && deltaOf(decision)).toEqual(bytes(0, 0))
    expect(decision?.events).toMatchObject([{ kind: 'glitch', detail: bytes(500, 1000) }])
  })
})

describe('a router that is configured again', () => {
  it('continues a session that is still there, and loses none of its bytes', () => {
    const meter = left()
    const found = meter.read(hotspot(60, [ann(-60, bytes(180, 9000))]))
    expect(kinds(found)).toEqual(['interim'])
    expect(events(found)).toEqual([])
    expect(deltaOf(found)).toEqual(bytes(80, 7000))
    expect(deltaOf(meter.read(hotspot(65, [ann(-60, bytes(181, 9000))])))).toEqual(bytes(1, 0))
  })

  it('has an entry for such a session even if it moved nothing, because it is open again', () => {
    expect(kinds(left().read(hotspot(60, [ann(-60, bytes(100, 2000))])))).toEqual(['interim'])
  })

  it('does not end a session that is gone a second time', () => {
    const meter = left()
    expect(kinds(meter.read(hotspot(60, [])))).toEqual([])
    expect(meter.open).toEqual([])
    expect(removal(meter.ledger, 'hotspot', TERMS)).toBeUndefined()
  })

  it('does not do so after a reboot either, and begins new sessions', () => {
    const meter = left()
    const found = meter.read(hotspot(600, [ann(590, bytes(7, 8))], { boot: 580 }))
    expect(kinds(found)).toEqual(['start'])
    expect(deltaOf(found)).toEqual(bytes(7, 8))
  })

  it('counts sessions that logged in meanwhile as new', () => {
    const meter = left()
    const found = meter.read(
      hotspot(60, [ann(-60, bytes(100, 2000)), ann(30, bytes(7, 8), { username: 'bo' })]),
    )
    expect(kinds(found)).toEqual(['interim', 'start'])
    expect(deltaOf(found)).toEqual(bytes(7, 8))
  })

  it('can be removed again, which ends what it continued', () => {
    const meter = left()
    meter.read(hotspot(60, [ann(-60, bytes(180, 9000))]))
    const decision = removal(meter.ledger, 'hotspot', TERMS)
    expect(decision && stopsOf(decision)).toMatchObject([{ reason: 'removed', endTime: wallAt(60) }])
  })
})
