import { describe, expect, it } from 'vitest'
import { ann, bytes, countedOf, deltaOf, events, HOUR, Meter, ppp, TERMS, wallAt } from '../readings.ts'

describe('rule 12 (docs/accounting.md)', () => {
  const terms = { ...TERMS, plausibleBitsPerSecond: 8_000 }

  it('a delta that no link can have carried is not added but reported, with both counters and the reason', () => {
    const meter = new Meter()
    meter.read(ppp(0, [ann(-60, bytes(100, 100))]), terms)
    const decision = meter.read(ppp(9, [ann(-60, bytes(200, 10_101))]), terms)
    expect(deltaOf(decision)).toEqual(bytes(0, 0))
    expect(decision.events).toEqual([
      {
        kind: 'quarantine',
        at: wallAt(9),
        detail: {
          session_id: meter.session.id,
          service: 'ppp',
          username: 'ann',
          reason: `more than 8000 bit/s since ${wallAt(0).toISOString()}`,
          before: bytes(100, 100),
          after: bytes(200, 10_101),
          since: wallAt(0).toISOString(),
          upload: 100,
          download: 10_001,
        },
      },
    ])
    expect(meter.session.recorded).toEqual(bytes(100, 100))
  })

  it('its counters are the new baseline, and counting continues from there', () => {
    const meter = new Meter()
    meter.read(ppp(0, [ann(-60, bytes(100, 100))]), terms)
    meter.read(ppp(5, [ann(-60, bytes(100, 1_000_000))]), terms)
    expect(deltaOf(meter.read(ppp(10, [ann(-60, bytes(105, 1_000_007))]), terms))).toEqual(bytes(5, 7))
  })

  it('what the link can have carried is added, to the byte', () => {
    const meter = new Meter()
    meter.read(ppp(0, [ann(-60, bytes(0, 0))]), terms)
    // One second more than elapsed, because uptimes are whole seconds.
    const decision = meter.read(ppp(9, [ann(-60, bytes(10_000, 10_000))]), terms)
    expect(events(decision)).toEqual([])
    expect(deltaOf(decision)).toEqual(bytes(10_000, 10_000))
  })

  it('a new session is compared with the time since its login', () => {
    const meter = new Meter()
    expect(events(meter.read(ppp(0, [ann(-60, bytes(61_000, 0))]), terms))).toEqual([])
    const other = { username: 'bob' }
    const rows = [ann(-60, bytes(61_000, 0)), ann(50, bytes(11_001, 0), other)]
    expect(events(meter.read(ppp(60, rows), terms))).toEqual(['quarantine'])
  })

  it('time without counters and time without readings carries bytes too', () => {
    const meter = new Meter()
    meter.read(ppp(0, [ann(-60, bytes(0, 0))]), terms)
    meter.read(ppp(60, [ann(-60, undefined)]), terms)
    const decision = meter.read(ppp(HOUR, [ann(-60, bytes(HOUR * 1000, 0))]), terms)
    expect(events(decision)).toEqual([])
    expect(deltaOf(decision)).toEqual(bytes(HOUR * 1000, 0))
  })

  it('if the next reading is back below the leap, the leap was false, and counting continues from before it', () => {
    const meter = new Meter()
    meter.read(ppp(0, [ann(-60, bytes(100, 100))]), terms)
    meter.read(ppp(5, [ann(-60, bytes(100, 1_000_000))]), terms)
    const decision = meter.read(ppp(10, [ann(-60, bytes(105, 107))]), terms)
    expect(events(decision)).toEqual(['glitch'])
    expect(countedOf(decision)).toEqual([
      { delta: bytes(5, 0), from: wallAt(5), to: wallAt(10) },
      { delta: bytes(0, 7), from: wallAt(0), to: wallAt(10) },
    ])
    expect(meter.session.recorded).toEqual(bytes(105, 107))
  })

  it('a first reading that no link can have carried may be false as well', () => {
    const meter = new Meter()
    meter.read(ppp(0, [ann(-60, bytes(1e9, 10))]), terms)
    const decision = meter.read(ppp(5, [ann(-60, bytes(1000, 12))]), terms)
    expect(deltaOf(decision)).toEqual(bytes(1000, 2))
  })
})

describe('rule 14', () => {
  it('the same reading taken twice adds nothing, and reports nothing again', () => {
    const meter = new Meter()
    meter.read(ppp(0, [ann(-60, bytes(5, 5))]))
    const readings = [
      ppp(5, [ann(-60, bytes(9, 9)), ann(2, bytes(4, 4), { username: 'bob' })]),
      ppp(10, [ann(-60, bytes(3, 3)), ann(-HOUR, bytes(4, 4), { username: 'cid' })]),
      ppp(15, [ann(-60, undefined), ann(-HOUR, bytes(1e12, 4), { username: 'cid' })]),
      ppp(20, [ann(-60, bytes(8, 8))]),
      ppp(60, [ann(40, bytes(8, 8))], { boot: 30 }),
    ]
    for (const reading of readings) {
      meter.read(reading)
      const once = meter.ledger
      const again = meter.read(reading)
      expect([again.entries, again.events, again.bindings.size]).toEqual([[], [], 0])
      expect(meter.ledger).toEqual(once)
    }
  })

  it('deciding changes nothing: the same ledger and reading come out the same', () => {
    const meter = new Meter()
    meter.read(ppp(0, [ann(-60, bytes(5, 5))]))
    const before = structuredClone(meter.ledger)
    const kept = meter.ledger
    const first = meter.read(ppp(5, [ann(-60, bytes(9, 9))]))
    expect(kept).toEqual(before)
    meter.ledger = kept
    expect(meter.read(ppp(5, [ann(-60, bytes(9, 9))]))).toEqual(first)
  })
})
