import { afterAll, beforeAll, expect, test } from 'vitest'
import { beginIncarnation } from '../../../src/store/leases/incarnation.ts'
import { createDatabaseApart } from '../../harness/postgres/scratch-database.ts'
import { ReadRouter } from '../commit/read-router.ts'
import { type LedgerScene, openLedgerScene, tenantOf, US } from '../pg/ledger-scene.ts'

// A server of its own: a table's statistics come late and include all tests on its database, and no page is freed of
// what a transaction in any other database might still see.

let scene: LedgerScene
beforeAll(async () => {
  scene = await openLedgerScene(await createDatabaseApart())
})
afterAll(() => scene.stop())

test('renewals stay heap-only', async () => {
  const names = Array.from({ length: 500 }, (_, n) => `r${n}`)
  await beginIncarnation(scene.database, US, 'here')
  await scene.store.syncConfig([tenantOf('acme', ...names)])
  // Connections of its own, because a backend has reported all of its statistics when it has ended.
  const { database, leases } = scene.another(US, Number.MAX_SAFE_INTEGER)
  const held = await leases.acquire(names.map(name => new ReadRouter('acme', name)))
  expect(held.size).toBe(names.length)
  const rounds = 8
  for (let n = 1; n <= rounds; n++) expect((await leases.renew(held)).size).toBe(names.length)
  await database.stop()
  const expected = names.length * (1 + rounds)
  await expect.poll(async () => (await updates()).all, { timeout: 15_000 }).toBe(expected)
  // While a transaction sees the table, dead rows cannot be cleared away.
  expect((await updates()).hot / expected).toBeGreaterThan(0.8)
})

async function updates(): Promise<{ all: number; hot: number }> {
  const [row] = await scene.ask(`select n_tup_upd::int as all, n_tup_hot_upd::int as hot
    from pg_stat_user_tables where relname = 'router_leases'`)
  return { all: Number(row?.['all']), hot: Number(row?.['hot']) }
}
