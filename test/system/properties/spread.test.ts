import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Calendar } from '../../../src/accounting/calendar.ts'
import { Columns, type Growth } from '../../../src/accounting/columns/columns.ts'
import { spread, spreadGrowth } from '../../../src/accounting/spread.ts'
import { runs } from '../../harness/random-runs.ts'
import { DAY_MS, MINUTE_MS } from './history.ts'
import { slowSplit } from './slow-split.ts'

const TIMEZONE = 'Europe/Berlin'
const calendar = new Calendar(TIMEZONE)
/** The end of summer time. */
const NIGHT_MS = Date.UTC(2026, 9, 25)

const amount = fc.oneof(fc.nat({ max: 1_000 }), fc.maxSafeNat())
const spans = fc.record({
  toMs: fc.integer({ min: NIGHT_MS - DAY_MS, max: NIGHT_MS + DAY_MS }),
  spanMs: fc.oneof(
    fc.nat({ max: 120 }).map(minutes => minutes * MINUTE_MS),
    fc.nat({ max: 3 * DAY_MS }),
  ),
  bucketMs: fc.constantFrom(15 * MINUTE_MS, 5 * MINUTE_MS, MINUTE_MS),
  delta: fc.record({ upload: amount, download: amount }),
})

describe('rule 15 (docs/accounting.md)', () => {
  it('any span is split as a slow split does, to the byte', () => {
    const property = fc.property(spans, ({ toMs, spanMs, bucketMs, delta }) => {
      const counted = { delta, from: new Date(toMs - spanMs), to: new Date(toMs) }
      const split = new Map<number, { day: string; upload: bigint; download: bigint }>()
      for (const { bucketStartMs, day, upload, download } of slowSplit(counted, bucketMs, TIMEZONE)) {
        const sum = split.get(bucketStartMs) ?? { day, upload: 0n, download: 0n }
        split.set(bucketStartMs, { day, upload: sum.upload + upload, download: sum.download + download })
      }
      const expected = [...split].filter(([, { upload, download }]) => upload + download > 0n)
      const shares = spread(counted, bucketMs, calendar).map(({ bucketStartMs, day, upload, download }) => {
        return [bucketStartMs, { day, upload: BigInt(upload), download: BigInt(download) }]
      })
      expect(shares).toEqual(expected)
    })
    fc.assert(property, { seed: 1, numRuns: runs(2_000) })
  }, 180_000)

  it('growth is split as each of its sessions would be, with exact sums', () => {
    const deltas = fc.array(
      spans.map(({ delta }) => delta),
      { minLength: 1, maxLength: 5 },
    )
    const property = fc.property(spans, deltas, ({ toMs, spanMs, bucketMs }, moved) => {
      const span = { from: new Date(toMs - spanMs), to: new Date(toMs) }
      const growth: Growth = {
        ...{ columns: new Columns({}), numbers: Int32Array.from(moved.keys()), ...span },
        upload: Float64Array.from(moved, ({ upload }) => upload),
        download: Float64Array.from(moved, ({ download }) => download),
        total: {
          upload: moved.reduce((sum, { upload }) => sum + BigInt(upload), 0n),
          download: moved.reduce((sum, { download }) => sum + BigInt(download), 0n),
        },
      }
      const shares = spreadGrowth(growth, bucketMs, calendar)
      const bySession = moved.map((_, place) =>
        shares.flatMap(({ bucket, upload, download }) => {
          const share = { upload: upload[place] ?? 0, download: download[place] ?? 0 }
          const { startMs: bucketStartMs, day } = bucket
          return share.upload + share.download > 0 ? [{ bucketStartMs, day, ...share }] : []
        }),
      )
      expect(bySession).toEqual(moved.map(delta => spread({ delta, ...span }, bucketMs, calendar)))
      for (const direction of ['upload', 'download'] as const)
        for (const share of shares)
          expect(share.total[direction]).toBe(share[direction].reduce((sum, it) => sum + BigInt(it), 0n))
    })
    fc.assert(property, { seed: 1, numRuns: runs(500) })
  }, 180_000)
})
