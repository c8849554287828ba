import { describe, expect, it } from 'vitest'
import { ann, bytes, countedOf, deltaOf, events, kinds, Meter, ppp, stopsOf, wallAt } from './readings.ts'

describe('rule 11 (docs/accounting.md)', () => {
  it('a session without counters is open, and its numbers do not change', () => {
    const meter = new Meter()
    meter.read(ppp(0, [ann(-60, bytes(10, 20))]))
    const decision = meter.read(ppp(5, [ann(-60, undefined)]))
    expect(deltaOf(decision)).toEqual(bytes(0, 0))
    expect(meter.session.recorded).toEqual(bytes(10, 20))
  })

  it('the next known counter carries the difference, over all the time since it was last known', () => {
    const meter = new Meter()
    meter.read(ppp(0, [ann(-60, bytes(10, 20))]))
    meter.read(ppp(5, [ann(-60, bytes(10, 20))]))
    for (const second of [10, 15, 20]) meter.read(ppp(second, [ann(-60, undefined)]))
    const decision = meter.read(ppp(25, [ann(-60, bytes(40, 60))]))
    expect(countedOf(decision)).toEqual([{ delta: bytes(30, 40), from: wallAt(5), to: wallAt(25) }])
    const next = meter.read(ppp(30, [ann(-60, bytes(41, 61))]))
    expect(countedOf(next)).toEqual([{ delta: bytes(1, 1), from: wallAt(25), to: wallAt(30) }])
  })

  it('counters that are known again and the same continue from there', () => {
    const meter = new Meter()
    meter.read(ppp(0, [ann(-60, bytes(10, 20))]))
    meter.read(ppp(5, [ann(-60, undefined)]))
    expect(kinds(meter.read(ppp(10, [ann(-60, bytes(10, 20))])))).toEqual(['interim'])
    const decision = meter.read(ppp(15, [ann(-60, bytes(11, 21))]))
    expect(countedOf(decision)).toEqual([{ delta: bytes(1, 1), from: wallAt(10), to: wallAt(15) }])
  })

  it('counters that were unknown from the first are all new since the login', () => {
    const meter = new Meter()
    meter.read(ppp(0, []))
    expect(kinds(meter.read(ppp(5, [ann(2, undefined)])))).toEqual(['start'])
    expect(meter.read(ppp(10, [ann(2, undefined)])).entries).toEqual([])
    const decision = meter.read(ppp(15, [ann(2, bytes(30, 40))]))
    expect(countedOf(decision)).toEqual([{ delta: bytes(30, 40), from: wallAt(2), to: wallAt(15) }])
  })

  it('a session that ends before its counters were ever known ends with nothing', () => {
    const meter = new Meter()
    meter.read(ppp(0, []))
    meter.read(ppp(5, [ann(2, undefined)]))
    meter.read(ppp(10, []))
    const decision = meter.read(ppp(15, []))
    expect(stopsOf(decision)[0]).toMatchObject({
      session: { recorded: bytes(0, 0) },
      lastSeenAt: wallAt(5),
      endTime: wallAt(10),
    })
    expect(events(decision)).toEqual([])
  })

  it('counters that fell while they were unknown are suspected since they were last known', () => {
    const meter = new Meter()
    meter.read(ppp(0, [ann(-60, bytes(10, 20))]))
    meter.read(ppp(5, [ann(-60, undefined)]))
    expect(deltaOf(meter.read(ppp(10, [ann(-60, bytes(4, 5))])))).toEqual(bytes(0, 0))
    meter.read(ppp(15, [ann(-60, undefined)]))
    const decision = meter.read(ppp(20, [ann(-60, bytes(5, 6))]))
    expect(events(decision)).toEqual(['reset'])
    expect(countedOf(decision)).toEqual([{ delta: bytes(5, 6), from: wallAt(0), to: wallAt(20) }])
  })

  it('a restart in between changes nothing', () => {
    const meter = new Meter()
    meter.read(ppp(0, [ann(-60, bytes(10, 20))]))
    meter.read(ppp(5, [ann(-60, undefined)]))
    meter.restart()
    const decision = meter.read(ppp(60, [ann(-60, bytes(40, 60))]))
    expect(countedOf(decision)).toEqual([{ delta: bytes(30, 40), from: wallAt(0), to: wallAt(60) }])
  })
})
