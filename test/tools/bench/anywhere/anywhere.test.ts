import { expect, test } from 'vitest'
import { routerId } from '../../../../src/accounting/ids.ts'
import { NO_TOTALS, type RouterJson, type Stats, statsOf } from '../../../../src/live/snapshot.ts'
import { Ages } from './ages.ts'
import { Agreement } from './agreement.ts'
import { Honesty } from './honesty.ts'
import type { Shown } from './screens.ts'

const BEGAN_MS = Date.parse('2026-11-24T12:00:00Z')

interface About {
  readonly daemon: number
  /** Since the beginning. */
  readonly atMs: number
  readonly readMs: number
  readonly upload: number
}

function shown({ daemon, atMs, readMs, upload }: About): Shown {
  const totals = { ...NO_TOTALS, total: { upload: BigInt(upload), download: 0n } }
  const stats: Stats = statsOf(totals, undefined, new Date(BEGAN_MS + atMs))
  const router: RouterJson = {
    ...{ id: routerId('hq'), name: 'HQ', state: 'online', hotspot: 0, ppp: 0, uncounted: 0 },
    ...{ missing_menus: [], error: null, last_reading_at: new Date(BEGAN_MS + readMs).toISOString() },
  }
  const instants = { arrivedMs: BEGAN_MS + atMs + 10, asOfMs: BEGAN_MS + atMs }
  return { tenant: 'acme', daemon, ...instants, stats, routers: [router] }
}

test('daemons agree on an interval if all show the same, whenever in it', () => {
  const agreement = new Agreement(5_000, 2)
  for (const [number, other] of [100, 200, 301].entries()) {
    const about = { atMs: 5_000 * number, readMs: 5_000 * number }
    agreement.take(shown({ ...about, daemon: 0, upload: 100 * (number + 1) }))
    agreement.take(shown({ ...about, atMs: about.atMs + 900, daemon: 1, upload: other }))
  }
  // One daemon alone agrees with nobody.
  agreement.take(shown({ daemon: 0, atMs: 15_000, readMs: 0, upload: 1 }))
  const { intervals, different } = agreement.compared(BEGAN_MS + 60_000)
  expect(intervals).toBe(3)
  expect(different).toHaveLength(1)
  expect(agreement.compared(BEGAN_MS + 10_000).intervals).toBe(2)
  expect(different[0]).toMatch(/^acme, interval 2: bytes .*300.*301/)
})

test('a reading is as old as when the first snapshot with it arrives', () => {
  const ages = new Ages(() => 0)
  ages.take(shown({ daemon: 0, atMs: 0, readMs: -900, upload: 0 }))
  ages.begin()
  ages.take(shown({ daemon: 0, atMs: 5_000, readMs: 2_000, upload: 0 }))
  ages.take(shown({ daemon: 1, atMs: 5_100, readMs: 2_000, upload: 0 }))
  ages.take(shown({ daemon: 1, atMs: 9_000, readMs: 2_000, upload: 0 }))
  expect(ages.figures).toEqual({ here: [3_010], elsewhere: [3_110], later: [100] })
})

test('a snapshot may show what was read between its oldest reading and its arrival, and nothing else', () => {
  const honesty = new Honesty(new Map([['acme', { routers: 1, sessions: new Map() }]]))
  const sample = (atMs: number, upload: number) =>
    honesty.sample({
      ...{ fromMs: BEGAN_MS + atMs, toMs: BEGAN_MS + atMs + 1 },
      bytes: new Map([['acme', { upload, download: 0 }]]),
    })
  sample(0, 100)
  for (const upload of [99, 100, 200, 201])
    honesty.take(shown({ daemon: 0, atMs: 5_000, readMs: 3_000, upload }))
  sample(5_000, 150)
  // They arrived after that sample.
  expect(honesty.checked).toBe(0)
  sample(6_000, 200)
  expect(honesty.checked).toBe(4)
  expect(honesty.lies.map(it => /"upload":(\d+)/.exec(it)?.[1])).toEqual(['99', '201'])
})
