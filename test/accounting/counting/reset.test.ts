import { describe, expect, it } from 'vitest'
import type { Bytes } from '../../../src/accounting/bytes.ts'
import type { Decision } from '../../../src/accounting/entry.ts'
import type { SessionReading } from '../../../src/accounting/reading.ts'
import {
  ann,
  bytes,
  countedOf,
  deltaOf,
  events,
  hotspot,
  kinds,
  Meter,
  ppp,
  stopsOf,
  wallAt,
} from '../readings.ts'

/** Ann’s session, which showed the first counters at second 0, and the next ones every five seconds. */
class Shown {
  readonly meter = new Meter()
  decision: Decision

  constructor(...shown: readonly (Bytes | undefined)[]) {
    this.decision = this.meter.read(ppp(0, [ann(-3_600, shown[0])]))
    for (const counters of shown.slice(1)) this.next(counters)
  }

  #second = 0

  next(counters: SessionReading['counters']): this {
    this.#second += 5
    this.decision = this.meter.read(ppp(this.#second, [ann(-3_600, counters)]))
    return this
  }

  miss(): this {
    this.#second += 5
    this.decision = this.meter.read(ppp(this.#second, []))
    return this
  }

  get recorded(): Bytes {
    return this.meter.session.recorded
  }
}

describe('a counter that fell', () => {
  it('is suspected: nothing is counted, and nothing is reported yet', () => {
    const { decision, recorded } = new Shown(bytes(1000, 2000), bytes(4, 5))
    expect([countedOf(decision), events(decision)]).toEqual([[], []])
    expect(recorded).toEqual(bytes(1000, 2000))
  })

  it('and is back at its mark was a glitch: it counts from the mark', () => {
    const { decision, recorded } = new Shown(bytes(1000, 2000), bytes(0, 0), bytes(1010, 2020))
    expect(countedOf(decision)).toEqual([{ delta: bytes(10, 20), from: wallAt(0), to: wallAt(10) }])
    expect(decision.events).toMatchObject([
      {
        kind: 'glitch',
        detail: {
          directions: ['upload', 'download'],
          before: bytes(1000, 2000),
          after: bytes(1010, 2020),
          ...bytes(1000, 2000),
        },
      },
    ])
    expect(recorded).toEqual(bytes(1010, 2020))
  })

  it('and is still below its mark was reset: it counts what it shows, since it was last at its mark', () => {
    const { decision, recorded } = new Shown(bytes(1000, 2000), bytes(4, 5), bytes(10, 20))
    expect(countedOf(decision)).toEqual([{ delta: bytes(10, 20), from: wallAt(0), to: wallAt(10) }])
    expect(decision.events).toMatchObject([
      { kind: 'reset', detail: { before: bytes(1000, 2000), after: bytes(10, 20) } },
    ])
    expect(recorded).toEqual(bytes(1010, 2020))
  })

  it('and has passed its mark by the next reading counts as a glitch, which is reported: too little is better than billed twice', () => {
    const { decision, recorded } = new Shown(bytes(10, 10), bytes(8, 8), bytes(16, 16))
    expect(decision.events).toMatchObject([{ kind: 'glitch', detail: bytes(10, 10) }])
    expect(recorded).toEqual(bytes(16, 16))
  })

  it.each([2, 3, 20])(
    'and stays at half of its mark or more for %i readings is not counted twice',
    readings => {
      const dips = Array.from({ length: readings }, (_, n) => bytes(1000, 1998 + (n % 2)))
      const { recorded } = new Shown(bytes(1000, 2000), ...dips, bytes(1005, 2007))
      expect(recorded).toEqual(bytes(1005, 2007))
    },
  )

  it('and is nearly back at its mark stays suspected, however low it was before', () => {
    const shown = new Shown(bytes(1000, 2000), bytes(0, 0), bytes(970, 1940))
    expect([countedOf(shown.decision), events(shown.decision)]).toEqual([[], []])
    expect(shown.next(bytes(1020, 2020)).recorded).toEqual(bytes(1020, 2020))
    expect(shown.decision.events).toMatchObject([{ kind: 'glitch', detail: bytes(1000, 2000) }])
  })

  it('and is nearly back at its mark keeps one beside it suspected too that is less in bytes', () => {
    const shown = new Shown(bytes(1, 16), bytes(0, 15), bytes(0, 15))
    expect([countedOf(shown.decision), events(shown.decision)]).toEqual([[], []])
    expect(shown.next(bytes(1, 16)).recorded).toEqual(bytes(1, 16))
  })

  it('does not affect the other counter, which kept growing and counts by difference', () => {
    const shown = new Shown(bytes(1000, 2000), bytes(1030, 0))
    expect(countedOf(shown.decision)).toEqual([{ delta: bytes(30, 0), from: wallAt(0), to: wallAt(5) }])
    shown.next(bytes(1040, 7))
    expect(countedOf(shown.decision)).toEqual([
      { delta: bytes(10, 0), from: wallAt(5), to: wallAt(10) },
      { delta: bytes(0, 7), from: wallAt(0), to: wallAt(10) },
    ])
    expect(shown.recorded).toEqual(bytes(1040, 2007))
  })

  it('is judged together with one that fell in the same reading: if one is still below, both were reset', () => {
    const { decision, recorded } = new Shown(bytes(10, 2000), bytes(4, 5), bytes(12, 20))
    expect(events(decision)).toEqual(['reset'])
    expect(recorded).toEqual(bytes(22, 2020))
  })

  it('is judged alone if the other fell in another reading', () => {
    const { recorded } = new Shown(bytes(1000, 2000), bytes(4, 2000), bytes(1000, 5), bytes(1001, 10))
    expect(recorded).toEqual(bytes(1001, 2010))
  })

  it('stays suspected over readings without counters', () => {
    const { decision, recorded } = new Shown(bytes(1000, 2000), bytes(4, 5), undefined, bytes(10, 20))
    expect(countedOf(decision)).toEqual([{ delta: bytes(10, 20), from: wallAt(0), to: wallAt(15) }])
    expect(recorded).toEqual(bytes(1010, 2020))
  })

  it('stays suspected when another process continues', () => {
    const shown = new Shown(bytes(1000, 2000), bytes(0, 0))
    shown.meter.restart()
    expect(shown.next(bytes(1003, 2004)).recorded).toEqual(bytes(1003, 2004))
  })

  it('is not waited for if its router has rebooted', () => {
    const meter = new Meter()
    meter.read(ppp(0, [ann(-60, bytes(1000, 2000))]))
    const decision = meter.read(ppp(60, [ann(40, bytes(4, 5))], { boot: 20 }))
    expect(deltaOf(decision)).toEqual(bytes(4, 5))
    expect(events(decision)).toEqual(['reboot'])
  })
})

describe('a session that ends while a reset is suspected', () => {
  const end = (shown: Shown) => stopsOf(shown.miss().miss().decision)[0]?.session.recorded

  it('counts what it showed last, if that is less than half of its mark', () => {
    const shown = new Shown(bytes(1000, 2000), bytes(499, 999))
    expect(end(shown)).toEqual(bytes(1499, 2999))
    expect(kinds(shown.decision)).toEqual(['interim', 'stop'])
    expect(countedOf(shown.decision)).toEqual([
      { delta: bytes(499, 0), from: wallAt(0), to: wallAt(5) },
      { delta: bytes(0, 999), from: wallAt(0), to: wallAt(5) },
    ])
    expect(events(shown.decision)).toEqual(['reset'])
  })

  it('counts nothing otherwise, and the bytes are reported', () => {
    const shown = new Shown(bytes(1000, 2000), bytes(500, 1999))
    expect(end(shown)).toEqual(bytes(1000, 2000))
    expect(shown.decision.events).toMatchObject([{ kind: 'glitch', detail: bytes(500, 1999) }])
  })
})

describe('the mark before a reset', () => {
  it('is reached by a jump that ends a little below it, since that reading may be false as well', () => {
    const shown = new Shown(bytes(1000, 2000), bytes(0, 0), bytes(3, 4), bytes(990, 1940))
    expect(shown.decision.events).toMatchObject([{ kind: 'glitch' }])
    expect(shown.recorded).toEqual(bytes(1003, 2004))
    expect(shown.next(bytes(1020, 2020)).recorded).toEqual(bytes(1020, 2020))
    expect(shown.next(bytes(1030, 2040)).recorded).toEqual(bytes(1030, 2040))
  })

  it('is kept: a jump to it or above shows that the counter was only wrong for long', () => {
    const shown = new Shown(bytes(1000, 2000), bytes(0, 0), bytes(3, 4), bytes(6, 8))
    expect(shown.recorded).toEqual(bytes(1006, 2008))
    shown.next(bytes(1020, 2020))
    expect(shown.decision.events).toMatchObject([
      { kind: 'glitch', detail: { upload: 1000, download: 2000 } },
    ])
    expect(shown.recorded).toEqual(bytes(1020, 2020))
  })

  it('if more was counted since than the counter accounts for, nothing is counted until it is even', () => {
    const shown = new Shown(bytes(1000, 2000), bytes(300, 0), bytes(400, 0), bytes(1010, 2010))
    expect(shown.recorded).toEqual(bytes(1400, 2010))
    expect(shown.next(bytes(1390, 2020)).recorded).toEqual(bytes(1400, 2020))
    expect(shown.next(bytes(1450, 2030)).recorded).toEqual(bytes(1450, 2030))
  })

  it('means nothing to a counter that gets there at its own pace', () => {
    const shown = new Shown(bytes(1000, 2000), bytes(0, 0), bytes(300, 500))
    for (const step of [2, 3, 4, 5]) shown.next(bytes(300 * step, 500 * step))
    expect(shown.recorded).toEqual(bytes(2500, 4500))
    expect(shown.next(bytes(2500, 3500)).recorded).toEqual(bytes(3500, 5500))
  })

  it('is the highest of several', () => {
    const shown = new Shown(bytes(1000, 2000), bytes(0, 0), bytes(40, 40), bytes(0, 0), bytes(7, 7))
    expect(shown.recorded).toEqual(bytes(1047, 2047))
    expect(shown.next(bytes(1060, 2060)).recorded).toEqual(bytes(1060, 2060))
  })

  it('is kept over a restart', () => {
    const shown = new Shown(bytes(1000, 2000), bytes(0, 0), bytes(3, 4))
    shown.meter.restart()
    expect(shown.next(bytes(1020, 2020)).recorded).toEqual(bytes(1020, 2020))
  })
})

describe('a counter that more than doubled', () => {
  const m = (upload: number, download: number) => bytes(upload * 1_000_000, download * 1_000_000)

  it('and falls back to where it was before it: that reading was false, and what it brought is not counted twice', () => {
    const shown = new Shown(m(100, 200), m(900, 200), m(101, 201))
    expect(events(shown.decision)).toEqual(['glitch'])
    expect(shown.recorded).toEqual(m(900, 201))
    expect(shown.next(m(850, 201)).recorded).toEqual(m(900, 201))
    expect(shown.next(m(910, 201)).recorded).toEqual(m(910, 201))
  })

  it('and continues from there is as good as any', () => {
    const shown = new Shown(m(100, 200), m(900, 200), m(901, 200), bytes(5, 5), bytes(6, 6))
    expect(shown.recorded).toEqual(bytes(901_000_006, 200_000_006))
  })

  it('by less than any first bytes do is no leap', () => {
    const shown = new Shown(bytes(10, 20), bytes(9000, 20), bytes(11, 20), bytes(12, 20))
    expect(events(shown.decision)).toEqual(['reset'])
  })
})

describe('a login that continues the counters of a missing session', () => {
  const row = (login: number, counters: Bytes) => ann(login, counters)

  it('is counted with the next reading that has it', () => {
    const meter = new Meter()
    meter.read(hotspot(0, [row(-600, bytes(100, 200))]))
    expect(deltaOf(meter.read(hotspot(60, [row(50, bytes(150, 250))])))).toEqual(bytes(0, 0))
    const decision = meter.read(hotspot(65, [row(50, bytes(151, 251))]))
    expect(countedOf(decision)).toEqual([
      { delta: bytes(150, 250), from: wallAt(50), to: wallAt(60) },
      { delta: bytes(1, 1), from: wallAt(60), to: wallAt(65) },
    ])
  })

  it('was the missing session if that is back: an uptime was wrong for one reading, and nothing is counted twice', () => {
    const meter = new Meter()
    meter.read(hotspot(0, [row(-600, bytes(100, 200))]))
    meter.read(hotspot(60, [row(50, bytes(150, 250))]))
    const decision = meter.read(hotspot(65, [row(-600, bytes(160, 260))]))
    expect(events(decision)).toEqual(['glitch'])
    expect(countedOf(decision)).toEqual([{ delta: bytes(60, 60), from: wallAt(0), to: wallAt(65) }])
    expect(meter.session.recorded).toEqual(bytes(160, 260))
  })

  it('is counted at its end if only one reading had it', () => {
    const meter = new Meter()
    meter.read(hotspot(0, [row(-600, bytes(100, 200))]))
    meter.read(hotspot(60, [row(50, bytes(150, 250))]))
    meter.read(hotspot(65, []))
    const decision = meter.read(hotspot(70, []))
    expect(stopsOf(decision).map(stop => stop.session.recorded)).toEqual([bytes(150, 250)])
    expect(countedOf(decision)).toEqual([{ delta: bytes(150, 250), from: wallAt(50), to: wallAt(60) }])
  })
})
