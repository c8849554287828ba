import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RouterId, routerId, routerKey, type TenantId } from '../../../src/accounting/ids.ts'
import type { StoredOtherRouter } from '../../../src/recording/ports.ts'
import { type LedgerScene, openLedgerScene, tenantOf } from '../../store/pg/ledger-scene.ts'

const ROUTERS = 5_000

let scene: LedgerScene
beforeAll(async () => {
  scene = await openLedgerScene()
  await scene.beginUntaken()
})
afterAll(() => scene.stop())

function keyed(elsewhere: ReadonlyMap<TenantId, ReadonlyMap<RouterId, StoredOtherRouter>>) {
  return new Map(
    [...elsewhere].flatMap(([tenant, routers]) =>
      Array.from(routers, ([router, it]) => [routerKey(tenant, router), it] as const),
    ),
  )
}

test('of 5,000 routers that another daemon reads, only the one that it committed since is read again', async () => {
  const { store, ask } = scene
  const tenant = tenantOf('acme', ...Array.from({ length: ROUTERS }, (_, number) => `router${number}`))
  await store.syncConfig([tenant])
  await ask(`update routers set position = 1, committed_epoch = 1 where tenant_id = 'acme'`)
  await ask(`insert into router_services
      (tenant_id, router_id, service, reading_at, steady_at, boot_earliest_at, boot_latest_at)
    select tenant_id, id, 'ppp', now(), now(), now(), now() from routers where tenant_id = 'acme'`)
  await ask(`insert into tenant_usage_daily (tenant_id, day, router_id, service, upload, download)
    select tenant_id, '2026-11-24', id, 'ppp', 1, 2 from routers where tenant_id = 'acme'`)
  const first = keyed(await store.loadOtherRouters([tenant.id], new Set(), new Map()))
  expect(first.size).toBeGreaterThanOrEqual(ROUTERS)
  // Every router that is read again would show this change.
  await ask(`update tenant_usage_daily set upload = upload + 1`)
  await ask(`update routers set position = 2 where tenant_id = 'acme' and id = 'router77'`)
  const next = keyed(await store.loadOtherRouters([tenant.id], new Set(), first))
  const moved = [...next].filter(([key, it]) => first.get(key) !== it)
  expect(moved).toMatchObject([
    ['acme/router77', { stamp: '1/2/router77', rollup: { total: { upload: 2n, download: 2n } } }],
  ])
  const here = new Set([...next.keys()].filter(key => key !== routerKey(tenant.id, routerId('router78'))))
  const others = keyed(await store.loadOtherRouters([tenant.id], here, next))
  expect([...others]).toEqual([['acme/router78', next.get(routerKey(tenant.id, routerId('router78')))]])
}, 120_000)
