import { describe, expect, it } from 'vitest'
import { Calendar } from '../../../src/accounting/calendar.ts'
import type { Decision } from '../../../src/accounting/entry.ts'
import { spreadGrowth } from '../../../src/accounting/spread.ts'
import { PendingBuilder } from '../../../src/accounting/waiting/pending.ts'
import { Numbering } from '../../system/properties/numbering.ts'
import { ann, bytes, events, hotspot, kinds, Meter, MINUTE, type Row, TERMS, wallAt } from '../readings.ts'

const QUARTER_MS = 15 * MINUTE * 1000

/** A hotspot that numbers its rows. */
class Hotspot {
  readonly meter = new Meter()
  readonly #numbering = new Numbering()

  /** @param onDecided called before the decision is adopted */
  read(second: number, rows: readonly Row[], onDecided?: (decision: Decision) => void) {
    return this.meter.read(this.#numbering.number(hotspot(second, rows)), TERMS, onDecided)
  }

  get recorded() {
    return this.meter.open.map(({ username, recorded }) => [username, recorded.upload])
  }
}

const bob = (upload: number) => ann(-60, bytes(upload, 0), { username: 'bob', ipAddress: '10.5.50.11' })

describe('sessions whose rows are known', () => {
  it('grow without an entry', () => {
    const it = new Hotspot()
    it.read(0, [ann(-60, bytes(10, 0)), bob(5)])
    const { entries, growth } = it.read(5, [ann(-60, bytes(13, 0)), bob(5)])
    expect(entries).toEqual([])
    expect(growth).toMatchObject({ from: wallAt(0), to: wallAt(5), total: { upload: 3n, download: 0n } })
    expect(it.recorded).toEqual([
      ['ann', 13],
      ['bob', 5],
    ])
  })

  it('get a delta quarantined that no link can have carried, and continue from there', () => {
    const it = new Hotspot()
    it.read(0, [ann(-60, bytes(10, 0))])
    const spiked = it.read(5, [ann(-60, bytes(1e12, 0))])
    expect([kinds(spiked), events(spiked), spiked.growth]).toEqual([['interim'], ['quarantine'], undefined])
    it.read(10, [ann(-60, bytes(1e12 + 7, 0))])
    expect(it.read(15, [ann(-60, bytes(1e12 + 9, 0))]).growth?.total.upload).toBe(2n)
    expect(it.recorded).toEqual([['ann', 19]])
  })

  it('are distinguished by their login from an earlier one at the same address', () => {
    const it = new Hotspot()
    it.read(0, [ann(-600, bytes(10, 0))])
    expect(kinds(it.read(60, [ann(40, bytes(20, 0))]))).toEqual(['start', 'interim'])
    expect(kinds(it.read(65, [ann(40, bytes(20, 0))]))).toEqual(['interim', 'stop'])
    expect(it.recorded).toEqual([['ann', 20]])
  })

  it('may get the number of one that has gone', () => {
    const it = new Hotspot()
    it.read(0, [ann(-60, bytes(10, 0)), bob(5)])
    it.read(5, [bob(6)])
    it.read(10, [bob(7), ann(8, bytes(3, 0), { username: 'cid' })])
    it.read(15, [bob(8), ann(8, bytes(4, 0), { username: 'cid' })])
    expect(it.recorded).toEqual([
      ['cid', 4],
      ['bob', 8],
    ])
  })

  it('have a total that is exact beyond 2^53', () => {
    const it = new Hotspot()
    const terms = { plausibleBitsPerSecond: Number.MAX_VALUE, stalledAfterMs: Number.MAX_VALUE }
    const numbering = new Numbering()
    const users = ['ann', 'bob', 'cid', 'dee']
    const rows = (upload: number) => users.map(username => ann(-60, bytes(upload, 1), { username }))
    it.meter.read(numbering.number(hotspot(0, rows(0))), terms)
    const { growth } = it.meter.read(numbering.number(hotspot(5, rows(2 ** 52 + 1))), terms)
    expect(growth?.total).toEqual({ upload: 4n * (2n ** 52n + 1n), download: 0n })
  })
})

describe('what waits of them for the database', () => {
  const calendar = new Calendar('Africa/Nairobi')
  const adding = (builder: PendingBuilder) => (decision: Decision) => {
    const { growth } = decision
    builder.add(decision, new Map(), growth ? spreadGrowth(growth, QUARTER_MS, calendar) : [])
  }

  it('is a sum that is marked as growth, and the session as it is now', () => {
    const it = new Hotspot()
    it.read(1, [ann(-60, bytes(10, 0)), bob(5)])
    const builder = new PendingBuilder(0)
    for (const [second, upload] of [3, 6, 9].entries())
      it.read(5 + second, [ann(-60, bytes(10 + upload, 0)), bob(5)], adding(builder))
    const [only, ...others] = [...builder.build().sessions.values()]
    expect(others).toEqual([])
    expect(only).toMatchObject({ isOnlyGrown: true, isNew: false, end: undefined })
    expect(only?.session.recorded).toEqual(bytes(19, 0))
    expect([...(only?.shares.values() ?? [])]).toMatchObject([bytes(9, 0)])
  })

  it('is more than growth after anything else happened to the session', () => {
    const it = new Hotspot()
    it.read(1, [ann(-60, bytes(10, 0)), bob(5)])
    const builder = new PendingBuilder(0)
    it.read(5, [ann(-60, bytes(13, 0)), bob(5)], adding(builder))
    it.read(10, [bob(5)], adding(builder))
    it.read(15, [bob(5)], adding(builder))
    const [only] = [...builder.build().sessions.values()]
    expect(only).toMatchObject({ isOnlyGrown: false, end: { reason: 'logout' } })
    expect([...(only?.shares.values() ?? [])]).toMatchObject([bytes(3, 0)])
  })

  it('lies on both sides of a bucket’s edge, with the counters as they are now on either', () => {
    const it = new Hotspot()
    const edge = 15 * MINUTE
    it.read(edge - 6, [ann(-60, bytes(10, 100)), bob(5)])
    const builder = new PendingBuilder(0)
    it.read(edge - 1, [ann(-60, bytes(12, 100)), bob(5)], adding(builder))
    it.read(edge + 4, [ann(-60, bytes(22, 200)), bob(6)], adding(builder))
    it.read(edge + 9, [ann(-60, bytes(23, 200)), bob(6)], adding(builder))
    const { inColumns, sessions } = builder.build()
    const counters = { counterUpload: 23, counterDownload: 200 }
    const sums = [...(inColumns?.grown ?? [])].flatMap(rows => [...rows.sums()])
    const [before, after] = [{ startMs: wallAt(0).getTime() }, { startMs: wallAt(edge).getTime() }]
    expect(sums).toMatchObject([
      { session: { username: 'ann' }, bucket: before, upload: 4, download: 20, ...counters },
      { session: { username: 'ann' }, bucket: after, upload: 9, download: 80, ...counters },
      { session: { username: 'bob' }, bucket: after, upload: 1, download: 0, counterUpload: 6 },
    ])
    const [only] = sessions.values()
    expect([...(only?.shares.values() ?? [])]).toMatchObject([bytes(4, 20), bytes(9, 80)])
    expect(only?.session.recorded).toEqual(bytes(23, 200))
  })

  it('is taken out of all buckets after anything else happened to the session', () => {
    const it = new Hotspot()
    const edge = 15 * MINUTE
    it.read(edge - 1, [ann(-60, bytes(10, 0)), bob(5)])
    const builder = new PendingBuilder(0)
    it.read(edge + 4, [ann(-60, bytes(20, 0)), bob(10)], adding(builder))
    it.read(edge + 9, [bob(10)], adding(builder))
    it.read(edge + 14, [bob(10)], adding(builder))
    const { inColumns, sessions } = builder.build()
    const [gone] = inColumns?.changed.values() ?? []
    expect(gone).toMatchObject({ end: { reason: 'logout' } })
    expect([...(gone?.shares.values() ?? [])]).toMatchObject([bytes(2, 0), bytes(8, 0)])
    const left = [...(inColumns?.grown ?? [])].flatMap(rows => [...rows.sums()])
    expect(left.map(({ session, upload }) => [session.username, upload])).toEqual([
      ['bob', 1],
      ['bob', 4],
    ])
    expect(sessions.size).toBe(2)
  })
})
