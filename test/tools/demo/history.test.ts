import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Calendar } from '../../../src/accounting/calendar.ts'
import { createLogger } from '../../../src/runtime/logger.ts'
import { Database } from '../../../src/store/pg/database.ts'
import { createFleet } from '../../harness/fleet/fleet.ts'
import { query } from '../../harness/postgres/query.ts'
import { createScratchDatabase, type ScratchDatabase } from '../../harness/postgres/scratch-database.ts'
import { rollupFaultsIn } from '../../store/housekeeping/rollup-faults.ts'
import { compare, isEqual } from '../../system/daemon/compare.ts'
import { bytesOf, HISTORY_DAYS, historyOf } from './history.ts'
import { TENANTS } from './scene.ts'
import { writeHistory } from './write-history.ts'

const NOW = Date.now()

function historyWith(seed: number, endMs = NOW) {
  const fleet = createFleet({ seed, routers: 6, hotspotSessions: 20, pppSessions: 20 })
  for (const site of fleet.sites) site.populate()
  return historyOf({ seed, fleet, tenants: TENANTS, endMs })
}

describe('the history of the demo', () => {
  const history = historyWith(1)
  const acme = history.filter(({ tenant }) => tenant === 'acme').flatMap(({ sessions }) => sessions)

  test('is the same for the same seed and end', () => {
    expect(historyWith(1)).toEqual(history)
    expect(historyWith(2)).not.toEqual(history)
  })

  test('has every whole day of 30, and nothing after its end', () => {
    const calendar = new Calendar('Africa/Nairobi')
    const days = new Set(acme.flatMap(({ shares }) => Array.from(shares.values(), ({ day }) => day)))
    const wanted: string[] = []
    for (let day = calendar.dayAt(NOW); wanted.length < HISTORY_DAYS; wanted.push(day.name))
      day = calendar.dayAt(day.startMs - 1)
    expect([...days]).toEqual(expect.arrayContaining(wanted))
    for (const { end } of acme) expect(end?.endTime.getTime()).toBeLessThanOrEqual(NOW)
  })

  test('has most bytes in the evening, and more at weekends', () => {
    let [evening, all] = [0, 0]
    const days = new Map<string, number>()
    for (const { shares } of acme)
      for (const { bucketStartMs, day, upload, download } of shares.values()) {
        const hour = (new Date(bucketStartMs).getUTCHours() + 3) % 24
        if (hour >= 18) evening += upload + download
        all += upload + download
        days.set(day, (days.get(day) ?? 0) + upload + download)
      }
    expect(evening / all).toBeGreaterThan(0.5)
    // Not today, which may have just begun.
    const whole = [...days].sort().slice(0, HISTORY_DAYS)
    const mean = (isWanted: (weekday: number) => boolean) => {
      const found = whole.filter(([day]) => isWanted(new Date(day).getUTCDay()))
      return found.reduce((sum, [, bytes]) => sum + bytes, 0) / found.length
    }
    expect(mean(it => it === 0 || it === 6)).toBeGreaterThan(1.3 * mean(it => it >= 1 && it <= 4))
  })

  test('has no subscriber online twice with one device', () => {
    const last = new Map<string, number>()
    for (const { session, end } of acme) {
      const device = `${session.username} ${session.ipAddress}`
      expect(session.startMs).toBeGreaterThan(last.get(device) ?? 0)
      last.set(device, end?.endTime.getTime() ?? 0)
    }
  })
})

describe('the history of the demo in the tables', () => {
  const history = historyWith(1)
  let scratch: ScratchDatabase

  beforeAll(async () => {
    scratch = await createScratchDatabase()
    expect(await writeHistory(scratch.url, TENANTS, history)).toBe(true)
  })

  afterAll(() => scratch.drop())

  test('adds up to the same bytes in all four, for every subscriber', async () => {
    const comparison = await compare(scratch.url, bytesOf(history))
    expect(comparison.differences).toEqual([])
    expect(isEqual(comparison)).toBe(true)
    expect(comparison.recorded.download).toBeGreaterThan(1_000_000_000_000n)
    const log = createLogger('silent')
    const database = new Database({ url: scratch.url, log, applicationName: 'test', connections: 1 })
    try {
      expect(await rollupFaultsIn(database.pool)).toEqual([])
    } finally {
      await database.stop()
    }
  })

  test('is on the days of the tenant', async () => {
    const byBucket = `select s.tenant_id, s.router_id, s.service, sum(d.upload) as upload, sum(d.download) as download,
        (d.bucket_start at time zone t.timezone)::date::text as day
      from session_deltas as d join user_sessions as s on s.id = d.session_id join tenants as t on t.id = s.tenant_id
      group by 1, 2, 3, 6`
    const byDay = `select tenant_id, router_id, service, upload::numeric, download::numeric, day::text
      from tenant_usage_daily`
    expect(await query(scratch.url, `(${byBucket}) except (${byDay})`)).toEqual([])
    expect(await query(scratch.url, `(${byDay}) except (${byBucket})`)).toEqual([])
  })

  test('is written once', async () => {
    const sums = () => query(scratch.url, 'select sum(download)::text, count(*)::int from session_deltas')
    const before = await sums()
    expect(await writeHistory(scratch.url, TENANTS, historyWith(1, NOW + 60_000))).toBe(false)
    expect(await sums()).toEqual(before)
  })

  test('leaves no lease and no reading behind, so that a daemon reads the routers as new ones', async () => {
    expect(await query(scratch.url, 'select distinct owner from router_leases')).toEqual([{ owner: null }])
    expect(await query(scratch.url, 'select * from router_services')).toEqual([])
    expect(await query(scratch.url, `select * from user_sessions where status = 'active'`)).toEqual([])
  })
})
