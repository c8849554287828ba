import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type LedgerScene, NOON, openLedgerScene, tenantOf } from './ledger-scene.ts'
import { ReadRouter, readingAt } from './read-router.ts'

let scene: LedgerScene
beforeAll(async () => {
  scene = await openLedgerScene()
})
beforeEach(() => scene.begin())
afterAll(() => scene.stop())

test('what leaves the config is kept and marked, and unmarked when it is back', async () => {
  const removed = 'select tenant_id, id, removed_at is not null as removed from routers order by 1, 2'
  const hq = new ReadRouter('acme', 'hq')
  hq.read(readingAt(NOON, 'ppp', []))
  await scene.store.commit([hq.takeCommit()])
  await scene.store.syncConfig([tenantOf('acme', 'hill')])
  expect(await scene.ask(removed)).toEqual([
    { tenant_id: 'acme', id: 'hill', removed: false },
    { tenant_id: 'acme', id: 'hq', removed: true },
    { tenant_id: 'other', id: 'hq', removed: true },
  ])
  expect(await scene.ask('select id from tenants where removed_at is not null')).toEqual([{ id: 'other' }])
  await scene.store.syncConfig([tenantOf('acme', 'hill', 'hq')])
  expect(
    await scene.ask(`select position::int, removed_at from routers where tenant_id = 'acme' and id = 'hq'`),
  ).toEqual([{ position: 1, removed_at: null }])
})
