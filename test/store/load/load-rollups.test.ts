import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { Rollup } from '../../../src/live/rollup.ts'
import { ReadRouter } from '../commit/read-router.ts'
import { decide, quarantineBurst } from '../events/decision-scene.ts'
import { rollupFaultsIn } from '../housekeeping/rollup-faults.ts'
import { type LedgerScene, openLedgerScene } from '../pg/ledger-scene.ts'

let scene: LedgerScene
beforeAll(async () => {
  scene = await openLedgerScene()
})
beforeEach(() => scene.begin())
afterAll(() => scene.stop())

test('a router’s rollup has its last days of tenant_usage_daily, and older ones only in the total', async () => {
  const { tenant, router } = new ReadRouter('acme', 'hq')
  const hill = new ReadRouter('acme', 'hill').router
  const nobody = new ReadRouter('other', 'hq').tenant
  await scene.database.pool.query(`insert into tenant_usage_daily values
    ('acme', current_date, 'hq', 'ppp', 9007199254740991, 1), ('acme', current_date, 'hq', 'hotspot', 1, 1),
    ('acme', current_date, 'hill', 'ppp', 9007199254740991, 1),
    ('acme', current_date - 400, 'hq', 'ppp', 10, 20)`)
  const [today] = await scene.ask('select current_date::text as day')
  const most = 9007199254740991n
  const day = (upload: bigint, download: bigint) => new Map([[today?.['day'], { upload, download }]])
  expect(await scene.store.loadRollups([tenant, nobody], 'all')).toEqual(
    new Map([
      [
        tenant,
        new Map([
          [
            router,
            { total: { upload: most + 11n, download: 22n }, days: day(most + 1n, 2n), lastDecision: 0 },
          ],
          [hill, { total: { upload: most, download: 1n }, days: day(most, 1n), lastDecision: 0 }],
        ]),
      ],
      [nobody, new Map()],
    ]),
  )
})

test('a rollup knows the last decision whose bytes it has', async () => {
  const { tenant, router } = await quarantineBurst(scene)
  const load = async () => (await scene.store.loadRollups([tenant], [router])).get(tenant)?.get(router)
  const before = await load()
  expect(before?.lastDecision).toBe(0)
  await decide(scene, 1, 'accepted')
  const after = await load()
  const last = await scene.store.loadLastDecision()
  expect(after?.lastDecision).toBe(last)
  expect(last).toBeGreaterThan(0)
  // A rollup that was loaded before reaches the same sums, however often it gets the decisions.
  const rollup = new Rollup(before?.total, before?.days, before?.lastDecision)
  for (let times = 0; times < 2; times++)
    for (const { id, credit } of await scene.store.loadDecisions(0))
      if (credit) rollup.credit(id, credit.day, credit.bytes)
  expect([rollup.total, rollup.day('2026-11-24')]).toEqual([after?.total, after?.days.get('2026-11-24')])
})

test('a month in which the daily tables differ is returned with both sums', async () => {
  const { tenant } = new ReadRouter('acme', 'hq')
  await scene.database.pool.query(`insert into usage_daily values
    ('acme', '2026-09-30', 'hq', 'ppp', 'amina', 9007199254740991, 1),
    ('acme', '2026-09-30', 'hq', 'ppp', 'bo', 9007199254740991, 1),
    ('acme', '2026-11-01', 'hq', 'ppp', 'amina', 10, 20),
    ('other', '2026-11-01', 'hq', 'ppp', 'amina', 10, 20)`)
  await scene.database.pool.query(`insert into tenant_usage_daily values
    ('acme', '2026-09-30', 'hq', 'ppp', 18014398509481982, 2),
    ('acme', '2026-11-30', 'hq', 'ppp', 10, 21),
    ('acme', '2027-01-01', 'hq', 'ppp', 1, 0),
    ('other', '2026-11-01', 'hq', 'ppp', 10, 20)`)
  expect(await rollupFaultsIn(scene.database.pool)).toEqual([
    {
      ...{ tenant, month: '2026-11-01' },
      subscribers: { upload: 10n, download: 20n },
      routers: { upload: 10n, download: 21n },
    },
    {
      ...{ tenant, month: '2027-01-01' },
      subscribers: { upload: 0n, download: 0n },
      routers: { upload: 1n, download: 0n },
    },
  ])
})
