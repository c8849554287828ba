import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Calendar } from '../../src/accounting/calendar.ts'
import { spread } from '../../src/accounting/spread.ts'
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

describe('rule 15', () => {
  it('any span is split to the byte as a slow split does it', () => {
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
    fc.assert(property, { seed: 1, numRuns: 2_000 })
  })
})
