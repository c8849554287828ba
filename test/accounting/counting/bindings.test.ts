import { describe, expect, it } from 'vitest'
import {
  ann,
  binding,
  bytes,
  countedOf,
  deltaOf,
  events,
  HOUR,
  Meter,
  ppp,
  type Row,
  wallAt,
} from '../readings.ts'

const NAME = 'pppoe-ann'

function on(login: number, upload: number | undefined, more: Partial<Row> = {}): Row {
  return ann(login, upload === undefined ? undefined : bytes(upload, upload), { binding: NAME, ...more })
}

function shows(upload: number) {
  return { bindings: [binding(NAME, upload, upload)] }
}

describe('rule 10 (docs/accounting.md)', () => {
  it('a new session on a static binding counts from the last known value of its counter', () => {
    const meter = new Meter()
    meter.read(ppp(0, [], shows(1000)))
    const decision = meter.read(ppp(60, [on(30, 1200)], shows(1200)))
    expect(countedOf(decision)).toEqual([{ delta: bytes(200, 200), from: wallAt(30), to: wallAt(60) }])
    expect(events(decision)).toEqual([])
    expect(deltaOf(meter.read(ppp(65, [on(30, 1250)], shows(1250))))).toEqual(bytes(50, 50))
  })

  it('the next session counts from where the counter was without a session', () => {
    const meter = new Meter()
    meter.read(ppp(0, [], shows(1000)))
    meter.read(ppp(60, [on(30, 1200)], shows(1200)))
    meter.read(ppp(120, [], shows(1230)))
    expect(deltaOf(meter.read(ppp(180, [on(150, 1300)], shows(1300))))).toEqual(bytes(70, 70))
  })

  it('a session that took over between two readings counts from the last of them', () => {
    const meter = new Meter()
    const other = { routerSessionId: '0x81300078' }
    meter.read(ppp(0, [on(-60, 1000)], shows(1000)))
    meter.read(ppp(5, [on(-60, 1100)], shows(1100)))
    const decision = meter.read(ppp(60, [on(30, 1150, other)], shows(1150)))
    expect(deltaOf(decision)).toEqual(bytes(50, 50))
  })

  it('a counter that has fallen since, and is still below, counts everything that it shows', () => {
    const meter = new Meter()
    meter.read(ppp(0, [], shows(1000)))
    expect(deltaOf(meter.read(ppp(60, [on(30, 300)], shows(300))))).toEqual(bytes(0, 0))
    const decision = meter.read(ppp(65, [on(30, 310)], shows(310)))
    expect(countedOf(decision)).toEqual([{ delta: bytes(310, 310), from: wallAt(30), to: wallAt(65) }])
  })

  it('a counter that is wrong in the first reading of a new session loses none of its bytes', () => {
    const meter = new Meter()
    meter.read(ppp(0, [], shows(1000)))
    meter.read(ppp(60, [on(30, 0)], shows(0)))
    const decision = meter.read(ppp(65, [on(30, 1310)], shows(1310)))
    expect(events(decision)).toEqual(['glitch'])
    expect(deltaOf(decision)).toEqual(bytes(310, 310))
  })

  it('a counter that is wrong without a session bills nothing to the next one', () => {
    const meter = new Meter()
    meter.read(ppp(0, [], shows(1000)))
    meter.read(ppp(5, [], shows(0)))
    expect(deltaOf(meter.read(ppp(60, [on(30, 1310)], shows(1310))))).toEqual(bytes(310, 310))
  })

  it('a counter that leapt without a session and is back bills nothing to the next one', () => {
    const meter = new Meter()
    meter.read(ppp(0, [], shows(1000)))
    meter.read(ppp(5, [], shows(90_000_000)))
    expect(deltaOf(meter.read(ppp(60, [on(30, 1310)], shows(1310))))).toEqual(bytes(310, 310))
  })

  it('if no last value is known, counting begins at what the counter shows', () => {
    const meter = new Meter()
    const decision = meter.read(ppp(0, [on(-60, 5000)], shows(5000)))
    expect(deltaOf(decision)).toEqual(bytes(0, 0))
    expect(events(decision)).toEqual(['baseline'])
    expect(deltaOf(meter.read(ppp(5, [on(-60, 5010)], shows(5010))))).toEqual(bytes(10, 10))
  })

  it('a session that an earlier reading should have had begins at a baseline, on a binding too', () => {
    const meter = new Meter()
    meter.read(ppp(0, [], shows(1000)))
    const decision = meter.read(ppp(60, [on(-HOUR, 1200)], shows(1200)))
    expect(deltaOf(decision)).toEqual(bytes(0, 0))
    expect(events(decision)).toEqual(['baseline'])
  })

  it('a dynamic interface beside it was made with its session and counts from 0', () => {
    const meter = new Meter()
    meter.read(ppp(0, [], shows(1000)))
    const dynamic = ann(30, bytes(70, 70), { username: 'bob' })
    expect(deltaOf(meter.read(ppp(60, [on(30, 1200), dynamic], shows(1200))))).toEqual(bytes(270, 270))
  })

  it('only bindings that moved are in the decision', () => {
    const meter = new Meter()
    expect([...meter.read(ppp(0, [], shows(1000))).bindings.keys()]).toEqual([NAME])
    expect(meter.read(ppp(5, [], shows(1000))).bindings.size).toBe(0)
    expect(meter.read(ppp(10, [], { bindings: [] })).bindings.size).toBe(0)
    expect(meter.ledger.bindings.get(NAME)?.counters).toEqual(bytes(1000, 1000))
  })
})

describe('rules 10 and 11', () => {
  it('a session whose counters stay unknown for a while counts from the value before it', () => {
    const meter = new Meter()
    meter.read(ppp(0, [], shows(1000)))
    meter.read(ppp(60, [on(30, undefined)]))
    meter.read(ppp(65, [on(30, undefined)]))
    const decision = meter.read(ppp(70, [on(30, 1400)], shows(1400)))
    expect(countedOf(decision)).toEqual([{ delta: bytes(400, 400), from: wallAt(30), to: wallAt(70) }])
  })
})
