import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type LedgerScene, openLedgerScene } from './ledger-scene.ts'
import { ReadRouter } from './read-router.ts'

let scene: LedgerScene
beforeAll(async () => {
  scene = await openLedgerScene()
})
beforeEach(() => scene.begin())
afterAll(() => scene.stop())

test('rollups are the days of tenant_usage_daily, and what is older only in the total', async () => {
  const { tenant } = new ReadRouter('acme', 'hq')
  await scene.database.pool.query(`insert into tenant_usage_daily values
    ('acme', current_date, 'hq', 'ppp', 9007199254740991, 1), ('acme', current_date, 'hill', 'ppp', 9007199254740991, 1),
    ('acme', current_date - 400, 'hq', 'ppp', 10, 20)`)
  const [today] = await scene.ask('select current_date::text as day')
  const most = 2n * 9007199254740991n
  expect(await scene.store.loadRollups([tenant])).toEqual(
    new Map([
      [
        tenant,
        {
          total: { upload: most + 10n, download: 22n },
          days: new Map([[today?.['day'], { upload: most, download: 2n }]]),
        },
      ],
    ]),
  )
  expect(await scene.store.checkRollups()).toEqual([
    { tenant, subscribers: { upload: 0n, download: 0n }, routers: { upload: most + 10n, download: 22n } },
  ])
})
