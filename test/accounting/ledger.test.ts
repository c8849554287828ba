import { describe, expect, it } from 'vitest'
import { NEW_LEDGER } from '../../src/accounting/ledger.ts'
import { removal } from '../../src/accounting/removal.ts'
import { ann, bytes, deltaOf, events, hotspot, kinds, Meter, stopsOf, TERMS, wallAt } from './readings.ts'

/** A router with one session, which has left the config. */
function left(): Meter {
  const meter = new Meter()
  meter.read(hotspot(0, [ann(-60, bytes(100, 2000))]))
  meter.remove('hotspot')
  return meter
}

describe('a router that left the config', () => {
  it('has its sessions ended at the last reading, as removed, and once', () => {
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

  it('has none to end where none is open, nor where it was never read', () => {
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

  it('counts what they showed, as at any end, and nothing of it again when the router is back', () => {
    const meter = fallenTo(30, 40)
    const decision = removal(meter.ledger, 'hotspot', TERMS)
    expect(decision && deltaOf(decision)).toEqual(bytes(30, 40))
    expect(decision && events(decision)).toEqual(['reset'])
    meter.remove('hotspot')
    expect(deltaOf(meter.read(hotspot(60, [ann(-60, bytes(35, 46))])))).toEqual(bytes(5, 6))
    expect(deltaOf(meter.read(hotspot(65, [ann(-60, bytes(1100, 2200))])))).toEqual(bytes(65, 154))
  })

  it('counts nothing of half of the mark and more, and says what', () => {
    const decision = removal(fallenTo(500, 1000).ledger, 'hotspot', TERMS)
    expect(decision && deltaOf(decision)).toEqual(bytes(0, 0))
    expect(decision?.events).toMatchObject([{ kind: 'glitch', detail: bytes(500, 1000) }])
  })
})

describe('a router that is back', () => {
  it('goes on with a session that is still there, and loses nothing of it', () => {
    const meter = left()
    const found = meter.read(hotspot(60, [ann(-60, bytes(180, 9000))]))
    expect(kinds(found)).toEqual(['interim'])
    expect(events(found)).toEqual([])
    expect(deltaOf(found)).toEqual(bytes(80, 7000))
    expect(deltaOf(meter.read(hotspot(65, [ann(-60, bytes(181, 9000))])))).toEqual(bytes(1, 0))
  })

  it('tells of such a session though it moved nothing, since it is no longer ended', () => {
    expect(kinds(left().read(hotspot(60, [ann(-60, bytes(100, 2000))])))).toEqual(['interim'])
  })

  it('does not end once more what is there no longer', () => {
    const meter = left()
    expect(kinds(meter.read(hotspot(60, [])))).toEqual([])
    expect(meter.open).toEqual([])
    expect(removal(meter.ledger, 'hotspot', TERMS)).toBeUndefined()
  })

  it('does not do so either where it has rebooted, and begins anew with what it has', () => {
    const meter = left()
    const found = meter.read(hotspot(600, [ann(590, bytes(7, 8))], { boot: 580 }))
    expect(kinds(found)).toEqual(['start'])
    expect(deltaOf(found)).toEqual(bytes(7, 8))
  })

  it('takes who logged in meanwhile for new', () => {
    const meter = left()
    const found = meter.read(
      hotspot(60, [ann(-60, bytes(100, 2000)), ann(30, bytes(7, 8), { username: 'bo' })]),
    )
    expect(kinds(found)).toEqual(['interim', 'start'])
    expect(deltaOf(found)).toEqual(bytes(7, 8))
  })

  it('may leave again, and end what it goes on with', () => {
    const meter = left()
    meter.read(hotspot(60, [ann(-60, bytes(180, 9000))]))
    const decision = removal(meter.ledger, 'hotspot', TERMS)
    expect(decision && stopsOf(decision)).toMatchObject([{ reason: 'removed', endTime: wallAt(60) }])
  })
})
