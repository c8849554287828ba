import { describe, expect, it, test } from 'vitest'
import { Calendar } from '../../src/accounting/calendar.ts'
import { routerId, tenantId } from '../../src/accounting/ids.ts'
import { DistinctNames } from '../../src/live/distinct-names.ts'
import { Rollup } from '../../src/live/rollup.ts'
import type { LiveService } from '../../src/live/service.ts'
import type { RouterState, Totals } from '../../src/live/snapshot.ts'
import { type RouterView, snapshotOf, totalsOf } from '../../src/live/tenant-view.ts'
import { REGISTERED } from '../../src/services/registered.ts'
import { bytes, HOUR, wallAt } from '../accounting/readings.ts'

const STALE_MS = 60_000

function service(readAt: Date, ...names: readonly string[]): LiveService {
  return {
    readAt,
    sessions: names.length,
    uncounted: 0,
    subscribers: new Set(names),
    uploadBps: names.length * 100,
    downloadBps: names.length * 1000,
    rates: () => new Map(),
  }
}

interface RouterLives extends Partial<RouterView> {
  readonly hotspot?: LiveService
  readonly ppp?: LiveService
}

function router(id: string, { hotspot, ppp, ...more }: RouterLives = {}): RouterView {
  const state: RouterState = 'online'
  const lives = new Map<string, LiveService>()
  if (hotspot) lives.set('hotspot', hotspot)
  if (ppp) lives.set('ppp', ppp)
  const well = { error: undefined, missingMenus: [], overloaded: undefined, lagMs: 0 }
  return { id: routerId(id), name: id, state, ...well, lives, ...more }
}

/** How many subscribers are online, by service. */
function onlineIn({ subscribers }: Totals): Readonly<Record<string, number>> {
  return Object.fromEntries(subscribers.map(({ name, online }) => [name, online]))
}

function tenant(routers: readonly RouterView[], timezone = 'Africa/Nairobi') {
  const rollup = new Rollup({ upload: 0n, download: 0n }, new Map())
  const services = REGISTERED.map(it => ({ ...it, distinct: new DistinctNames() }))
  return {
    ...{ tenant: tenantId('acme'), calendar: new Calendar(timezone), rollup, rollups: [rollup] },
    ...{ routers, services },
  }
}

test('a router shows its sessions without counters, as long as its readings are fresh', () => {
  const lacking = (uncounted: number) => ({ ...service(wallAt(0), 'ann', 'bo', 'cid'), uncounted })
  const view = tenant([router('r1', { hotspot: lacking(1), ppp: lacking(2) }), router('r2')])
  const uncounted = (afterSeconds: number) =>
    snapshotOf(view, wallAt(afterSeconds), STALE_MS).routers.map(it => it.uncounted)
  expect(uncounted(5)).toEqual([3, 0])
  expect(uncounted(60)).toEqual([0, 0])
})

describe('a tenant’s totals', () => {
  it('a subscriber counts once across routers, separately for hotspot and PPP', () => {
    const view = tenant([
      router('r1', { hotspot: service(wallAt(0), 'ann', 'bob', 'ann'), ppp: service(wallAt(0), 'ann') }),
      router('r2', { hotspot: service(wallAt(0), 'ann', 'cid') }),
    ])
    const totals = totalsOf(view, wallAt(5), STALE_MS)
    expect(onlineIn(totals)).toEqual({ hotspot: 3, ppp: 1 })
    expect(totals).toMatchObject({
      activeSessions: 6,
      uploadBps: 600,
      downloadBps: 6000,
    })
  })

  it('a tenant without a reading has nobody online', () => {
    const totals = totalsOf(tenant([router('r1', { state: 'connecting' })]), wallAt(0), STALE_MS)
    expect(onlineIn(totals)).toEqual({ hotspot: 0, ppp: 0 })
    expect(totals).toMatchObject({ activeSessions: 0, uploadBps: 0 })
  })

  it('today and this month are the tenant’s own', () => {
    const view = tenant([], 'Asia/Kathmandu')
    view.rollup.add('2026-11-30', bytes(1, 1))
    view.rollup.add('2026-12-01', bytes(2, 2))
    const before = totalsOf(view, new Date('2026-11-30T18:14:59.999Z'), STALE_MS)
    const after = totalsOf(view, new Date('2026-11-30T18:15Z'), STALE_MS)
    expect([before.today.upload, before.month.upload]).toEqual([1n, 1n])
    expect([after.today.upload, after.month.upload, after.total.upload]).toEqual([2n, 2n, 3n])
  })
})

describe('rule 4 (docs/accounting.md)', () => {
  it('a service without readings for the set time leaves the live counts, but its sessions stay open', () => {
    const view = tenant([
      router('r1', { hotspot: service(wallAt(0), 'ann') }),
      router('r2', { hotspot: service(wallAt(30), 'bob'), state: 'offline', error: 'timed out' }),
    ])
    view.rollup.add('2026-11-24', bytes(7, 7))
    expect(onlineIn(totalsOf(view, wallAt(59.999), STALE_MS))).toMatchObject({ hotspot: 2 })
    const totals = totalsOf(view, wallAt(60), STALE_MS)
    expect([onlineIn(totals)['hotspot'], totals.activeSessions, totals.uploadBps]).toEqual([1, 1, 100])
    expect(totals.total.upload).toBe(7n)
  })

  it('a clock set back keeps nobody online for longer', () => {
    const view = tenant([router('r1', { hotspot: service(wallAt(0), 'ann') })])
    expect(onlineIn(totalsOf(view, wallAt(-HOUR), STALE_MS))).toMatchObject({ hotspot: 0 })
    expect(onlineIn(totalsOf(view, wallAt(-1), STALE_MS))).toMatchObject({ hotspot: 1 })
  })
})

describe('a router that another daemon reads', () => {
  it('leaves the live counts later, by the time that its readings take to arrive here', () => {
    const view = tenant([router('r1', { hotspot: service(wallAt(0), 'ann'), lagMs: 30_000 })])
    expect(onlineIn(totalsOf(view, wallAt(89.999), STALE_MS))).toMatchObject({ hotspot: 1 })
    expect(snapshotOf(view, wallAt(89.999), STALE_MS).routers).toMatchObject([{ hotspot: 1 }])
    expect(onlineIn(totalsOf(view, wallAt(90), STALE_MS))).toMatchObject({ hotspot: 0 })
    expect(snapshotOf(view, wallAt(90), STALE_MS).routers).toMatchObject([{ hotspot: 0 }])
  })

  it('adds its bytes to the tenant’s', () => {
    const view = tenant([])
    view.rollup.add('2026-11-24', bytes(7, 7))
    const other = new Rollup(
      { upload: 5n, download: 1n },
      new Map([['2026-11-24', { upload: 2n, download: 1n }]]),
    )
    const totals = totalsOf({ ...view, rollups: [view.rollup, other] }, wallAt(0), STALE_MS)
    expect(totals.total).toEqual({ upload: 12n, download: 8n })
    expect([totals.today, totals.month]).toEqual(Array(2).fill({ upload: 9n, download: 8n }))
  })
})

describe('a tenant’s snapshot', () => {
  it('shows each router with its last reading and its sessions by service', () => {
    const view = tenant([
      router('r1', { hotspot: service(wallAt(0), 'ann'), ppp: service(wallAt(70), 'ann', 'bob') }),
      router('r2', { state: 'offline', error: 'timed out' }),
    ])
    const { routers, stats, asOf, tenant: whose } = snapshotOf(view, wallAt(75), STALE_MS)
    expect([whose, asOf]).toEqual(['acme', wallAt(75)])
    expect(routers).toEqual([
      {
        ...{ id: 'r1', name: 'r1', state: 'online', error: null },
        ...{ last_reading_at: wallAt(70).toISOString(), hotspot: 0, ppp: 2, uncounted: 0, missing_menus: [] },
      },
      {
        id: 'r2',
        name: 'r2',
        state: 'offline',
        last_reading_at: null,
        hotspot: 0,
        ppp: 0,
        uncounted: 0,
        missing_menus: [],
        error: 'timed out',
      },
    ])
    expect(stats).toMatchObject({
      ...{ active_sessions: 2, hotspot_users: 0, pppoe_users: 2 },
      ...{ total_routers: 2, online_routers: 1, offline_routers: 1 },
      ...{ day: '2026-11-24', month: '2026-11', timezone: 'Africa/Nairobi' },
    })
  })
})
