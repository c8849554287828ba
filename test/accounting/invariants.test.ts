import { describe, expect, it } from 'vitest'
import type { Bytes } from '../../src/accounting/bytes.ts'
import { Calendar } from '../../src/accounting/calendar.ts'
import { Columns, type Growth } from '../../src/accounting/columns/columns.ts'
import type { Decision } from '../../src/accounting/entry.ts'
import { routerId, routerKey, tenantId } from '../../src/accounting/ids.ts'
import {
  BrokenInvariant,
  checkColumns,
  checkDecision,
  checkGrowthShares,
  checkPosition,
  checkSamePosition,
  checkShares,
  checkSums,
} from '../../src/accounting/invariants.ts'
import { sharesOf, spreadGrowth } from '../../src/accounting/spread.ts'
import { inOneGo } from '../../src/accounting/steps.ts'
import { Waiting } from '../../src/accounting/waiting/waiting.ts'
import { Numbering } from '../system/properties/numbering.ts'
import { ann, bytes, hotspot, Meter, NOTHING_PENDING } from './readings.ts'

const HQ = routerKey(tenantId('acme'), routerId('hq'))
const BUCKET_MS = 15 * 60_000
const calendar = new Calendar('UTC')
const spreading = { bucketMs: BUCKET_MS, calendar }

/** The message of a broken invariant. */
function broken(check: () => void): string {
  try {
    check()
  } catch (error) {
    if (error instanceof BrokenInvariant) return error.message
    throw error
  }
  return 'it holds'
}

/** A hotspot whose two subscribers only grew, over twenty minutes. */
function grown(): { readonly decision: Decision; readonly growth: Growth } {
  const [meter, numbering] = [new Meter(), new Numbering()]
  const rows = (upload: number) => [
    ann(-60, bytes(upload, 7)),
    ann(-60, bytes(2 * upload, 7), { username: 'bob', ipAddress: '10.5.50.11' }),
  ]
  meter.read(numbering.number(hotspot(0, rows(10))))
  const decision = meter.read(numbering.number(hotspot(1_200, rows(100))))
  if (!decision.growth) throw new Error('nothing grew')
  return { decision, growth: decision.growth }
}

/** The first reading of a router with one subscriber, who moved these bytes. */
function counted(delta: Bytes): Decision {
  const decision = new Meter().read(hotspot(0, [ann(-1_200, bytes(100, 2_000))]))
  const entries = decision.entries.map(entry =>
    entry.kind === 'stop' ? entry : { ...entry, counted: entry.counted.map(it => ({ ...it, delta })) },
  )
  return { ...decision, entries }
}

describe('a position', () => {
  it('is after the one before it', () => {
    expect(broken(() => checkPosition(HQ, 4, 5))).toBe('it holds')
    expect(broken(() => checkPosition(HQ, 5, 5))).toBe('acme/hq: positions only grow: before 5, after 5')
    expect(broken(() => checkPosition(HQ, 5, 4))).toMatch('positions only grow')
    expect(broken(() => checkPosition(HQ, 5, Number.NaN))).toMatch('positions only grow')
  })

  it('is the same as another one', () => {
    expect(broken(() => checkSamePosition(HQ, 'it goes on there', 5, 5))).toBe('it holds')
    expect(broken(() => checkSamePosition(HQ, 'it goes on there', 5, 6))).toBe(
      'acme/hq: it goes on there: position 5, found 6',
    )
  })
})

describe('what a decision counted', () => {
  it('is whole bytes, and never negative', () => {
    expect(broken(() => checkDecision(HQ, counted(bytes(0, 2_000))))).toBe('it holds')
    for (const wrong of [-1, 0.5, Number.NaN, 2 ** 53])
      expect(broken(() => checkDecision(HQ, counted(bytes(wrong, 0))))).toBe(
        `acme/hq: counted bytes are whole and not negative: upload ${wrong}, download 0`,
      )
  })

  it('of a growth is whole bytes too, with the sum of all', () => {
    const { decision, growth } = grown()
    const of = (wrong: Partial<Growth>) =>
      broken(() => checkDecision(HQ, { ...decision, growth: { ...growth, ...wrong } }))
    expect(of({})).toBe('it holds')
    expect(of({ upload: Float64Array.of(271, -1) })).toMatch('whole and not negative: upload -1, download 0')
    expect(of({ download: Float64Array.of(0) })).toBe(
      'acme/hq: growth has one element for each session: sessions 2, upload 2, download 1',
    )
    expect(of({ numbers: Int32Array.of(0, 99) })).toMatch('sessions that the columns have: number 99')
    expect(of({ total: { upload: 271n, download: 0n } })).toBe(
      'acme/hq: the elements of a growth add up to its total: upload 271, download 0, foundUpload 270, foundDownload 0',
    )
  })
})

describe('the shares of a delta', () => {
  it('add up to the delta, and none is negative', () => {
    const decision = counted(bytes(100, 2_000))
    const [entry] = decision.entries
    const shares = inOneGo(sharesOf(decision, spreading)).get(entry ?? expect.fail()) ?? []
    const [first, ...rest] = shares
    if (!entry || !first) throw new Error('nothing was counted')
    const of = (wrong: typeof shares) => broken(() => checkShares(HQ, decision, new Map([[entry, wrong]])))
    expect(shares.length).toBeGreaterThan(1)
    expect(of(shares)).toBe('it holds')
    expect(of(rest)).toMatch(
      /^acme\/hq: the shares of a delta add up to the delta: upload 100, download 2000, /,
    )
    expect(of([...shares, first])).toMatch('the shares of a delta add up to the delta')
    expect(of([...shares, { ...first, upload: -1 }])).toMatch('whole and not negative')
    expect(broken(() => checkShares(HQ, decision, new Map()))).toMatch('foundUpload 0, foundDownload 0')
  })

  it('of a growth do so too, with an element for each session', () => {
    const { growth } = grown()
    const shares = spreadGrowth(growth, BUCKET_MS, calendar)
    const [first, ...rest] = shares
    if (!first) throw new Error('nothing grew')
    const of = (wrong: typeof shares) => broken(() => checkGrowthShares(HQ, growth, wrong))
    expect(shares.length).toBeGreaterThan(1)
    expect(of(shares)).toBe('it holds')
    expect(of(rest)).toMatch('the shares of a delta add up to the delta: upload 270, download 0, ')
    expect(of([...rest, { ...first, upload: Float64Array.of(1) }])).toMatch('one element for each session')
    const negative = { ...first, total: { upload: -1n, download: 0n } }
    expect(of([...rest, negative])).toBe('acme/hq: sums are not negative: upload -1, download 0')
    expect(broken(() => checkGrowthShares(HQ, undefined, shares))).toMatch('one element for each session')
  })
})

describe('two sums of the same', () => {
  it('are equal, and not negative', () => {
    const sum = { upload: 2n ** 60n, download: 1n }
    expect(broken(() => checkSums(HQ, 'they are one', sum, { ...sum }))).toBe('it holds')
    expect(broken(() => checkSums(HQ, 'they are one', sum, { ...sum, download: 2n }))).toMatch(
      'acme/hq: they are one: upload 1152921504606846976, download 1, ',
    )
    const negative = { upload: 0n, download: -1n }
    expect(broken(() => checkSums(HQ, 'they are one', negative, negative))).toMatch('sums are not negative')
  })
})

describe('the arrays of the columns', () => {
  it('have one length, with an element for each session', () => {
    const columns = () => {
      const made = new Columns({})
      for (const session of new Meter().read(hotspot(0, [ann(-60, bytes(1, 2))])).entries)
        made.put(40, session.session)
      return made
    }
    expect(broken(() => checkColumns(HQ, undefined))).toBe('it holds')
    expect(broken(() => checkColumns(HQ, columns()))).toBe('it holds')
    for (const name of [
      ...(['upload', 'download', 'lastMovedMs'] as const),
      ...(['loginEarliestMs', 'loginLatestMs'] as const),
    ]) {
      const wrong = columns()
      wrong[name] = wrong[name].slice(1)
      expect([name, broken(() => checkColumns(HQ, wrong))]).toEqual([
        name,
        expect.stringMatching('have one length'),
      ])
    }
    const fewFlags = columns()
    fewFlags.flags = fewFlags.flags.slice(1)
    expect(broken(() => checkColumns(HQ, fewFlags))).toMatch(
      'have one length: sessions 41, upload 41, download 41, flags 40',
    )
    const many = columns()
    many.details.push(undefined)
    expect(broken(() => checkColumns(HQ, many))).toMatch('have one length: sessions 42, upload 41')
  })
})

describe('what waits for the database', () => {
  const opened = () => new Waiting(HQ, 4, () => 1_000)
  const DELTA = bytes(100, 2_000)

  it('takes no decision whose shares are wrong, and stays as it was', () => {
    const waiting = opened()
    const { decision, growth } = grown()
    const shares = spreadGrowth(growth, BUCKET_MS, calendar)
    expect(broken(() => waiting.add(counted(DELTA), new Map(), []))).toMatch('the shares of a delta')
    expect(broken(() => waiting.add(decision, new Map(), shares.slice(1)))).toMatch('the shares of a delta')
    expect([waiting.position, waiting.isEmpty]).toEqual([4, true])
    waiting.add(decision, new Map(), shares)
    expect([waiting.position, waiting.sum.bytes]).toEqual([5, { upload: 270n, download: 0n }])
  })

  it('takes nothing from an earlier process that begins elsewhere, or ends where it begins', () => {
    const part = (basePosition: number, position: number) => ({ ...NOTHING_PENDING, basePosition, position })
    const waiting = opened()
    expect(broken(() => waiting.addPending(part(5, 6)))).toMatch(
      'the part before it ends: position 4, found 5',
    )
    expect(broken(() => waiting.addPending(part(4, 4)))).toMatch('positions only grow: before 4, after 4')
    waiting.addPending(part(4, 6))
    expect(waiting.position).toBe(6)
  })

  it('is not offered if it is not the sum of what was adopted', () => {
    const waiting = opened()
    const decision = counted(DELTA)
    waiting.add(decision, inOneGo(sharesOf(decision, spreading)), [])
    for (const { shares } of waiting.parts()[0]?.sessions.values() ?? [])
      for (const share of shares.values()) Object.assign(share, { upload: share.upload + 1 })
    expect(broken(() => waiting.offer())).toMatch(
      'acme/hq: what waits is the sum of what was adopted: upload 100, download 2000, ',
    )
  })
})
