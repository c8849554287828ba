import { describe, expect, it } from 'vitest'
import { Numbering } from '../../system/properties/numbering.ts'
import { ann, bytes, deltaOf, events, hotspot, Meter, ppp, stopsOf } from '../readings.ts'

describe('one identity is one session', () => {
  it.each([hotspot, ppp])('two rows of one identity and login count once, the larger one', read => {
    const meter = new Meter()
    const first = meter.read(read(0, [ann(-60, bytes(100, 900)), ann(-60, bytes(110, 1000))]))
    expect(meter.session.recorded).toEqual(bytes(110, 1000))
    expect(events(first)).toEqual(['duplicate'])
    const decision = meter.read(read(5, [ann(-60, bytes(120, 1100)), ann(-60, bytes(100, 900))]))
    expect(deltaOf(decision)).toEqual(bytes(10, 100))
  })

  it('it is reported once for a session, also over restarts', () => {
    const meter = new Meter()
    const twice = [ann(-60, bytes(1, 1)), ann(-60, bytes(1, 1))]
    expect(events(meter.read(hotspot(0, twice)))).toEqual(['duplicate'])
    meter.restart()
    expect(events(meter.read(hotspot(5, twice)))).toEqual([])
  })

  it('a row that comes twice for a while is one session throughout', () => {
    const meter = new Meter()
    const numbering = new Numbering()
    const row = (upload: number) => ann(-60, bytes(upload, upload))
    for (let second = 0; second <= 50; second += 5) {
      const isTwice = second >= 20 && second <= 30
      const upload = 1000 + second
      // The second one is larger: it was made later.
      const rows = isTwice ? [row(upload), row(upload + 3)] : [row(upload)]
      meter.read(numbering.number(hotspot(second, rows)))
    }
    expect(meter.session.recorded).toEqual(bytes(1050, 1050))
  })

  it('a known row and a second one with another connection’s number are one session', () => {
    const meter = new Meter()
    const numbering = new Numbering()
    const bob = ann(-60, bytes(7, 7), { username: 'bob', ipAddress: '10.5.50.11' })
    meter.read(numbering.number(hotspot(0, [ann(-60, bytes(1, 1)), bob])))
    meter.read(numbering.number(hotspot(5, [ann(-60, bytes(2, 2)), bob])))
    const decision = meter.read(
      numbering.number(hotspot(10, [ann(-60, bytes(3, 3)), bob, ann(-60, bytes(3, 3))])),
    )
    expect(events(decision)).toEqual(['duplicate'])
    expect(meter.open.map(it => it.recorded.upload).sort()).toEqual([3, 7])
  })

  it('a second row of a known session does not belong to another session of its device, which is gone', () => {
    const meter = new Meter()
    const numbering = new Numbering()
    const other = ann(-59, bytes(1, 1), { ipAddress: '10.5.50.99' })
    meter.read(numbering.number(hotspot(0, [ann(-60, bytes(1, 1)), other])))
    meter.read(numbering.number(hotspot(5, [ann(-60, bytes(2, 2)), other])))
    const twice = [ann(-60, bytes(3, 3)), ann(-60, bytes(3, 3))]
    const decision = meter.read(numbering.number(hotspot(10, twice)))
    expect(events(decision)).toEqual(['duplicate'])
    expect(meter.open.map(it => [it.recorded.upload, it.missed !== undefined]).sort()).toEqual([
      [1, true],
      [3, false],
    ])
  })

  it('many rows of one identity, each with another login, are few sessions', () => {
    const meter = new Meter()
    const rows = Array.from({ length: 500 }, (_, n) => ann(-60 - 10 * n, bytes(1, 1)))
    meter.read(hotspot(0, rows))
    expect(meter.open.length).toBeLessThanOrEqual(8)
  })
})

describe('of two sessions that a row may continue', () => {
  /** Two logins of one identity, so close that they cannot be distinguished because clocks drift. */
  const two = (first: number, second: number) => {
    const meter = new Meter()
    meter.read(ppp(0, [ann(-60, bytes(first, first)), ann(-56.5, bytes(second, second))]))
    return meter
  }

  it.each([
    [1000, 10],
    [10, 1000],
  ])('it is the one whose counters did not fall, of %i and %i', (first, second) => {
    const meter = two(first, second)
    meter.read(ppp(5, [ann(-58.2, bytes(40, 40))]))
    const [stop] = stopsOf(meter.read(ppp(10, [ann(-58.2, bytes(40, 40))])))
    expect(stop?.session.recorded.upload).toBe(1000)
    expect(meter.session.recorded.upload).toBe(40)
  })

  it.each([
    [1000, 10],
    [10, 1000],
  ])('it is the one whose counters are nearest, of %i and %i', (first, second) => {
    const meter = two(first, second)
    meter.read(ppp(5, [ann(-58.2, bytes(1010, 1010))]))
    const [stop] = stopsOf(meter.read(ppp(10, [ann(-58.2, bytes(1010, 1010))])))
    expect(stop?.session.recorded.upload).toBe(10)
  })
})
