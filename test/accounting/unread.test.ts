import { describe, expect, it } from 'vitest'
import { liveCounts } from '../../src/accounting/ledger.ts'
import { Numbering } from '../system/properties/numbering.ts'
import {
  ann,
  bytes,
  countedOf,
  DAY,
  deltaOf,
  events,
  HOUR,
  hotspot,
  kinds,
  Meter,
  MINUTE,
  stopsOf,
  wallAt,
} from './readings.ts'

const bob = (upload: number) => ann(-90, bytes(upload, 0), { username: 'bob', ipAddress: '10.5.50.11' })
const garbled = { unreadable: { rowId: '*A', property: 'uptime', value: '10m20ms15us' } }

describe('a row that cannot be read', () => {
  it('is skipped alone: its session stays open with its numbers, and the others are counted', () => {
    const meter = new Meter()
    meter.read(hotspot(0, [ann(-60, bytes(100, 100)), bob(1)]))
    const decision = meter.read(hotspot(5, [bob(9)], { unread: [garbled] }))
    expect(deltaOf(decision)).toEqual(bytes(8, 0))
    expect(liveCounts(meter.ledger)).toEqual({ live: 2, uncounted: 1 })
    for (const second of [10, 15, 20]) meter.read(hotspot(second, [bob(9)], { unread: [garbled] }))
    expect(meter.open.map(it => it.recorded.upload).sort()).toEqual([100, 9])
  })

  it('once it can be read again, its session counts on, over all the time since', () => {
    const meter = new Meter()
    meter.read(hotspot(0, [ann(-60, bytes(100, 100))]))
    for (const second of [5, 10]) meter.read(hotspot(second, [], { unread: [garbled] }))
    const decision = meter.read(hotspot(15, [ann(-60, bytes(160, 170))]))
    expect(countedOf(decision)).toEqual([{ delta: bytes(60, 70), from: wallAt(0), to: wallAt(15) }])
  })

  it('is reported once for a session, with its user, id and property, also over a restart', () => {
    const meter = new Meter()
    meter.read(hotspot(0, [ann(-60, bytes(100, 100))]))
    expect(meter.read(hotspot(5, [], { unread: [garbled] })).events).toMatchObject([
      { kind: 'unreadable', detail: { username: 'ann', ...garbled.unreadable } },
    ])
    meter.restart()
    expect(events(meter.read(hotspot(10, [], { unread: [garbled] })))).toEqual([])
  })

  it('makes no entry in each reading while it lasts', () => {
    const meter = new Meter()
    const numbering = new Numbering()
    meter.read(numbering.number(hotspot(0, [ann(-60, bytes(100, 100)), bob(1)])))
    meter.read(numbering.number(hotspot(5, [bob(1)], { unread: [garbled] })))
    expect(kinds(meter.read(numbering.number(hotspot(10, [bob(1)], { unread: [garbled] }))))).toEqual([])
  })

  it('that belongs to a missed session shows that it is there', () => {
    const meter = new Meter()
    meter.read(hotspot(0, [ann(-60, bytes(100, 100))]))
    meter.read(hotspot(5, []))
    meter.read(hotspot(10, [], { unread: [garbled] }))
    expect(kinds(meter.read(hotspot(15, [])))).toEqual(['interim'])
  })

  it('opens a session without numbers, whose counters are a baseline when they first can be read', () => {
    const meter = new Meter()
    const first = meter.read(hotspot(0, [bob(1)], { unread: [garbled] }))
    expect(kinds(first)).toEqual(['start', 'start'])
    const decision = meter.read(hotspot(HOUR, [bob(1), ann(-DAY, bytes(5000, 5000))]))
    expect(events(decision)).toContain('baseline')
    expect(deltaOf(decision)).toEqual(bytes(0, 0))
    expect(deltaOf(meter.read(hotspot(HOUR + 5, [bob(1), ann(-DAY, bytes(5010, 5020))])))).toEqual(
      bytes(10, 20),
    )
    expect(meter.open.find(it => it.username === 'ann')?.startMs).toBe(wallAt(-DAY).getTime())
  })

  it('that belongs to no open session ends none, because any of them may be it', () => {
    const meter = new Meter()
    meter.read(hotspot(0, [ann(-60, bytes(100, 100)), bob(1)]))
    for (const second of [5, 10]) {
      meter.read(hotspot(second, [bob(second)], { unread: [{ ...garbled, username: `a?n ${second}` }] }))
      expect(meter.open.filter(it => it.username === 'ann' && !it.missed)).toHaveLength(1)
    }
    const decision = meter.read(hotspot(15, [ann(-60, bytes(130, 130)), bob(15)]))
    expect(deltaOf(decision)).toEqual(bytes(35, 30))
  })

  it('beside a readable row of the same session is ignored', () => {
    const meter = new Meter()
    meter.read(hotspot(0, [ann(-60, bytes(100, 100))]))
    const decision = meter.read(hotspot(5, [ann(-60, bytes(110, 110))], { unread: [garbled] }))
    expect(deltaOf(decision)).toEqual(bytes(10, 10))
    expect(meter.open).toHaveLength(1)
  })

  it('ends like any other once two readings lack it', () => {
    const meter = new Meter()
    meter.read(hotspot(0, [], { unread: [garbled] }))
    meter.read(hotspot(5, [], { unread: [garbled] }))
    meter.read(hotspot(10, []))
    expect(stopsOf(meter.read(hotspot(15, [])))).toMatchObject([{ session: { recorded: bytes(0, 0) } }])
  })
})

describe('counters that cannot be read', () => {
  it('are reported once, and do not change until they can be read', () => {
    const meter = new Meter()
    const unreadable = { rowId: '*A', property: 'bytes-in', value: '75 646 301 659' }
    meter.read(hotspot(0, []))
    expect(meter.read(hotspot(60, [ann(50, undefined, { unreadable })])).events).toMatchObject([
      { kind: 'unreadable', detail: { username: 'ann', ...unreadable } },
    ])
    expect(events(meter.read(hotspot(65, [ann(50, undefined, { unreadable })])))).toEqual([])
    expect(deltaOf(meter.read(hotspot(70, [ann(50, bytes(7, 9))])))).toEqual(bytes(7, 9))
  })

  it('are reported once more after the time of a stall, because an operator must not miss them', () => {
    const meter = new Meter()
    meter.read(hotspot(0, []))
    meter.read(hotspot(60, [ann(50, undefined)]))
    expect(events(meter.read(hotspot(60 + 15 * MINUTE, [ann(50, undefined)])))).toEqual(['uncounted'])
  })
})
