import { describe, expect, it, vi } from 'vitest'
import { addBytes, type Bytes, NO_BYTES } from '../../src/accounting/bytes.ts'
import { Calendar, QUARTER_HOUR_MS } from '../../src/accounting/calendar.ts'
import { checkBucket, type Share, spread } from '../../src/accounting/spread.ts'
import { pick, type Random, seededRandom, wholeBelow } from '../harness/fleet/random.ts'
import { bytes } from './readings.ts'
import { slowNameAt } from './slow-calendar.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const MOST = Number.MAX_SAFE_INTEGER

function shares(timezone: string, from: string, to: string, delta: Bytes, bucketMs = QUARTER_HOUR_MS) {
  return spread({ delta, from: new Date(from), to: new Date(to) }, bucketMs, new Calendar(timezone))
}

function sum(parts: readonly Share[]): Bytes {
  return parts.reduce<Bytes>((total, share) => addBytes(total, share), NO_BYTES)
}

/** A whole number up to `most`. All orders of magnitude are equally frequent. */
function wide(random: Random, most: number): number {
  return Math.floor(2 ** (random() * Math.log2(most)))
}

/** Upload by day. */
function byDay(parts: readonly Share[]): Record<string, number> {
  const days: Record<string, number> = {}
  for (const { day, upload } of parts) days[day] = (days[day] ?? 0) + upload
  return days
}

describe('rule 15 (docs/accounting.md)', () => {
  it('a span within one bucket is one share', () => {
    expect(shares('UTC', '2026-11-24T10:01Z', '2026-11-24T10:02Z', bytes(5, 7))).toEqual([
      { bucketStartMs: Date.parse('2026-11-24T10:00Z'), day: '2026-11-24', upload: 5, download: 7 },
    ])
  })

  it('is cut at the bucket’s limit, evenly, in whole bytes', () => {
    expect(shares('UTC', '2026-11-24T10:10Z', '2026-11-24T10:25Z', bytes(10, 100))).toEqual([
      { bucketStartMs: Date.parse('2026-11-24T10:00Z'), day: '2026-11-24', upload: 3, download: 33 },
      { bucketStartMs: Date.parse('2026-11-24T10:15Z'), day: '2026-11-24', upload: 7, download: 67 },
    ])
  })

  it('ends with its last moment: a reading on the hour adds nothing to the bucket that begins', () => {
    const parts = shares('UTC', '2026-11-24T10:59:55Z', '2026-11-24T11:00Z', bytes(10, 10))
    expect(parts.map(share => new Date(share.bucketStartMs).toISOString())).toEqual([
      '2026-11-24T10:45:00.000Z',
    ])
  })

  it('a session over midnight counts on both days', () => {
    expect(byDay(shares('Africa/Nairobi', '2026-11-23T20:00Z', '2026-11-23T23:00Z', bytes(300, 0)))).toEqual({
      '2026-11-23': 100,
      '2026-11-24': 200,
    })
  })

  it.each([
    ['Asia/Kolkata', '2026-11-23T18:00Z', '2026-11-23T19:00Z'],
    ['Asia/Kathmandu', '2026-11-23T17:45Z', '2026-11-23T18:45Z'],
    ['Australia/Lord_Howe', '2026-11-23T12:30Z', '2026-11-23T13:30Z'],
    ['America/Sao_Paulo', '2018-11-04T02:30Z', '2018-11-04T03:30Z'],
    ['Africa/Cairo', '2024-04-25T21:30Z', '2024-04-25T22:30Z'],
    ['Asia/Beirut', '2022-03-26T21:30Z', '2022-03-26T22:30Z'],
    ['Pacific/Apia', '2011-12-30T09:30Z', '2011-12-30T10:30Z'],
  ])('half an hour before and half an hour after midnight in %s', (timezone, from, to) => {
    expect(Object.values(byDay(shares(timezone, from, to, bytes(200, 0))))).toEqual([100, 100])
  })

  it('a night that the daemon was down counts on both days', () => {
    expect(byDay(shares('Europe/Berlin', '2026-11-23T21:00Z', '2026-11-24T05:00Z', bytes(800, 0)))).toEqual({
      '2026-11-23': 200,
      '2026-11-24': 600,
    })
  })

  it('a span of 24 hours is cut at buckets, a longer one at days with one bucket each', () => {
    const day = shares('UTC', '2026-11-23T10:00Z', '2026-11-24T10:00Z', bytes(9_600, 0))
    expect(day).toHaveLength(96)
    expect(day.every(share => share.upload === 100)).toBe(true)
    expect(shares('UTC', '2026-11-23T10:00Z', '2026-11-24T10:00:00.001Z', bytes(9_600, 0))).toEqual([
      { bucketStartMs: Date.parse('2026-11-23T10:00Z'), day: '2026-11-23', upload: 5599, download: 0 },
      { bucketStartMs: Date.parse('2026-11-24T00:00Z'), day: '2026-11-24', upload: 4001, download: 0 },
    ])
  })

  it('weeks in a first reading are cut at days, also at those of 23 and 25 hours', () => {
    const parts = shares('Europe/Berlin', '2026-10-23T22:00Z', '2026-10-27T23:00Z', bytes(97, 9700))
    expect(parts.map(share => [share.day, share.upload])).toEqual([
      ['2026-10-24', 24],
      ['2026-10-25', 25],
      ['2026-10-26', 24],
      ['2026-10-27', 24],
    ])
  })

  it('over the end of a month and a year, each day has its own', () => {
    const parts = shares('America/New_York', '2026-12-30T05:00Z', '2027-01-02T05:00Z', bytes(300, 0))
    expect(byDay(parts)).toEqual({ '2026-12-30': 100, '2026-12-31': 100, '2027-01-01': 100 })
  })

  it('a day that a country skipped has no share', () => {
    const parts = shares('Pacific/Apia', '2011-12-29T10:00Z', '2011-12-31T10:00Z', bytes(200, 0))
    expect(byDay(parts)).toEqual({ '2011-12-29': 100, '2011-12-31': 100 })
  })

  it('a span that ends before it begins belongs to its end', () => {
    expect(shares('UTC', '2026-11-24T11:00Z', '2026-11-24T10:01Z', bytes(5, 7))).toEqual([
      { bucketStartMs: Date.parse('2026-11-24T10:00Z'), day: '2026-11-24', upload: 5, download: 7 },
    ])
  })

  it('few bytes over a long span make no empty shares', () => {
    const parts = shares('UTC', '2026-11-23T10:00Z', '2026-11-24T10:00Z', bytes(2, 1))
    expect(parts.length).toBeLessThanOrEqual(3)
    expect(sum(parts)).toEqual(bytes(2, 1))
  })

  it('before 1970, buckets hold what is theirs', () => {
    const parts = shares('UTC', '1969-12-31T23:50Z', '1970-01-01T00:10Z', bytes(20, 0))
    expect(parts.map(share => [share.bucketStartMs, share.day, share.upload])).toEqual([
      [-QUARTER_HOUR_MS, '1969-12-31', 10],
      [0, '1970-01-01', 10],
    ])
  })

  it('a thousand sessions that are months old in a first reading ask Intl for each day once', () => {
    const ask = vi.spyOn(Intl.DateTimeFormat.prototype, 'formatToParts')
    const calendar = new Calendar('Europe/Berlin')
    const to = new Date('2026-11-24T10:00Z')
    for (let session = 0; session < 1000; session++) {
      const from = new Date(to.getTime() - (60 + session / 1000) * DAY_MS)
      spread({ delta: bytes(1e9, 1e9), from, to }, QUARTER_HOUR_MS, calendar)
    }
    // 62 days, some twice, each with two searches in 120 quarters of an hour.
    expect(ask.mock.calls.length).toBeLessThan(2 * 62 * 15)
    ask.mockRestore()
  })
})

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'Africa/Cairo',
  'Asia/Beirut',
  'America/Sao_Paulo',
  'Pacific/Apia',
] as const

describe('whatever the span, the size, the bucket and the zone', () => {
  it.each(ZONES)('in %s, shares add up exactly and lie where their bytes moved', timezone => {
    const calendar = new Calendar(timezone)
    for (let seed = 1; seed <= 150; seed++) {
      const random = seededRandom(seed)
      const bucketMs = pick(random, [1, 5, 15]) ?? 15
      const toMs = Date.UTC(2010, 0, 1) + wholeBelow(random, 17 * 365 * DAY_MS)
      const fromMs = toMs - wide(random, 40 * DAY_MS)
      const delta = bytes(wide(random, MOST), wide(random, MOST))
      const counted = { delta, from: new Date(fromMs), to: new Date(toMs) }
      const parts = spread(counted, bucketMs * MINUTE_MS, calendar)
      const context = `seed ${seed}`
      expect(sum(parts), context).toEqual(delta)
      expect(new Set(parts.map(share => share.bucketStartMs)).size, context).toBe(parts.length)
      const wrong = parts.filter(({ bucketStartMs, day, upload, download }) => {
        const endMs = bucketStartMs + bucketMs * MINUTE_MS
        const isBucket = bucketStartMs % (bucketMs * MINUTE_MS) === 0
        const isTouched = endMs > fromMs && bucketStartMs < toMs
        const isWithinDay = [bucketStartMs, endMs - 1].every(at => slowNameAt(timezone, at) === day)
        const hasBytes = upload >= 0 && download >= 0 && upload + download > 0
        return !(isBucket && isTouched && isWithinDay && hasBytes)
      })
      expect(wrong, context).toEqual([])
      if (toMs - fromMs > DAY_MS)
        expect(new Set(parts.map(share => share.day)).size, context).toBe(parts.length)
    }
  })

  it('the largest possible counter is spread exactly', () => {
    for (const hours of [0, 1, 23, 24, 25, 1000]) {
      const to = new Date('2026-11-24T10:07:33.123Z')
      const counted = { delta: bytes(MOST, MOST), from: new Date(to.getTime() - hours * HOUR_MS), to }
      expect(sum(spread(counted, MINUTE_MS, new Calendar('Europe/Berlin')))).toEqual(bytes(MOST, MOST))
    }
  })

  it('no share differs by more than a byte from its even part', () => {
    const parts = shares('UTC', '2026-11-24T00:00Z', '2026-11-24T07:00Z', bytes(1_000_003, 0))
    for (const { upload } of parts) expect(Math.abs(upload - 1_000_003 / 28)).toBeLessThan(1)
  })
})

describe('rule 17', () => {
  it.each([MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS])('a bucket of %d ms is accepted', bucketMs => {
    expect(() => checkBucket(bucketMs)).not.toThrow()
  })

  it.each([0, -MINUTE_MS, 7 * MINUTE_MS, 30 * MINUTE_MS, HOUR_MS, Number.NaN])(
    'a bucket of %d ms is refused',
    ms => {
      expect(() => checkBucket(ms)).toThrow(RangeError)
    },
  )
})
