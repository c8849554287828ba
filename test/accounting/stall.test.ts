import { describe, expect, it } from 'vitest'
import { isReported } from '../../src/accounting/reported.ts'
import { ann, bytes, events, HOUR, Meter, MINUTE, ppp, TERMS, wallAt } from './readings.ts'

describe('rule 13 (docs/accounting.md)', () => {
  it('a session without a byte for the time set is reported, once', () => {
    const meter = new Meter()
    meter.read(ppp(0, [ann(-HOUR, bytes(10, 20))]))
    const reports: number[] = []
    for (let second = 60; second <= 2 * HOUR; second += 60) {
      const decision = meter.read(ppp(second, [ann(-HOUR, bytes(10, 20))]))
      if (events(decision).includes('stall')) reports.push(second)
    }
    expect(reports).toEqual([15 * MINUTE])
  })

  it('the event names the session and how long it was idle', () => {
    const meter = new Meter()
    meter.read(ppp(0, [ann(-HOUR, bytes(10, 20))]))
    const decision = meter.read(ppp(20 * MINUTE, [ann(-HOUR, bytes(10, 20))]))
    expect(decision.events).toEqual([
      {
        kind: 'stall',
        at: wallAt(20 * MINUTE),
        detail: { session_id: meter.session.id, service: 'ppp', username: 'ann', idle_seconds: 20 * MINUTE },
      },
    ])
    expect(isReported(meter.session.reported, 'stall')).toBe(true)
  })

  it('is reported once even if it moved in between, also over a restart', () => {
    const meter = new Meter()
    meter.read(ppp(0, [ann(-HOUR, bytes(10, 20))]))
    meter.read(ppp(HOUR, [ann(-HOUR, bytes(10, 20))]))
    meter.restart()
    meter.read(ppp(2 * HOUR, [ann(-HOUR, bytes(11, 20))]))
    expect(events(meter.read(ppp(3 * HOUR, [ann(-HOUR, bytes(11, 20))])))).toEqual([])
  })

  it('one byte in either direction is enough to be no stall', () => {
    const meter = new Meter()
    meter.read(ppp(0, [ann(-HOUR, bytes(10, 20))]))
    meter.read(ppp(10 * MINUTE, [ann(-HOUR, bytes(10, 21))]))
    expect(events(meter.read(ppp(24 * MINUTE, [ann(-HOUR, bytes(10, 21))])))).toEqual([])
    expect(events(meter.read(ppp(25 * MINUTE, [ann(-HOUR, bytes(10, 21))])))).toEqual(['stall'])
  })

  it('takes the time that is set for the router', () => {
    const meter = new Meter()
    const terms = { ...TERMS, stalledAfterMs: 30_000 }
    meter.read(ppp(0, [ann(-HOUR, bytes(10, 20))]), terms)
    expect(events(meter.read(ppp(30, [ann(-HOUR, bytes(10, 20))]), terms))).toEqual(['stall'])
  })

  it('unknown counters are no stall, but are reported once as a session that is not counted', () => {
    const meter = new Meter()
    meter.read(ppp(0, [ann(-HOUR, bytes(10, 20)), ann(-1, undefined, { username: 'bob' })]))
    const rows = [ann(-HOUR, undefined), ann(-1, undefined, { username: 'bob' })]
    expect(events(meter.read(ppp(14 * MINUTE, rows)))).toEqual([])
    const decision = meter.read(ppp(15 * MINUTE, rows))
    expect(decision.events.map(({ kind, detail }) => [kind, detail['username']])).toEqual([
      ['uncounted', 'ann'],
      ['uncounted', 'bob'],
    ])
    meter.restart()
    expect(events(meter.read(ppp(HOUR, rows)))).toEqual([])
  })

  it('bytes that a baseline or a quarantine left out count as movement', () => {
    const meter = new Meter()
    meter.read(ppp(0, []))
    meter.read(ppp(60, [ann(-HOUR, undefined)]))
    expect(events(meter.read(ppp(HOUR, [ann(-HOUR, bytes(10, 20))])))).toEqual(['baseline'])
    const decision = meter.read(ppp(2 * HOUR, [ann(-HOUR, bytes(1e15, 20))]))
    expect(events(decision)).toEqual(['quarantine'])
  })
})
