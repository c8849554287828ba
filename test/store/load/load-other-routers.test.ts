import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { routerKey } from '../../../src/accounting/ids.ts'
import { ReadRouter, readingAt } from '../commit/read-router.ts'
import { busyRouters, key, type LedgerScene, NOON, openLedgerScene } from '../pg/ledger-scene.ts'

let scene: LedgerScene
beforeAll(async () => {
  scene = await openLedgerScene()
})
beforeEach(() => scene.begin())
afterAll(() => scene.stop())

const NOTHING = new Map()
const LAST_READ = new Date(NOON - 15.5 * 3_600_000 + 5 * 900_000)

test('an other router has its bytes, its last readings, and who was online then', async () => {
  const [hq, hill] = busyRouters()
  await scene.store.commit([hq.takeCommit(), hill.takeCommit()])
  const loaded = await scene.store.loadOtherRouters([hq.tenant], new Set(), NOTHING)
  const its = loaded.get(hq.tenant)
  expect([...(its?.keys() ?? [])].sort()).toEqual(['hill', 'hq'])
  const [total] = await scene.ask(
    `select sum(upload)::text as up, sum(download)::text as down from tenant_usage_daily where router_id = 'hq'`,
  )
  const rollup = its?.get(hq.router)?.rollup
  expect([String(rollup?.total.upload), String(rollup?.total.download)]).toEqual([
    total?.['up'],
    total?.['down'],
  ])
  const ppp = its?.get(hq.router)?.services.get('ppp')
  expect(ppp?.readAt).toEqual(LAST_READ)
  expect(ppp?.online.toSorted()).toEqual(['amina', 'bo', 'cy'])
  expect(its?.get(hq.router)?.services.has('hotspot')).toBe(false)
  // Its last reading had no sessions.
  expect(its?.get(hill.router)?.services).toEqual(
    new Map([['hotspot', { readAt: LAST_READ, online: [], uncounted: 0 }]]),
  )
})

test('routers that are read here are not loaded, nor are those of other tenants', async () => {
  const [hq, hill] = busyRouters()
  const other = new ReadRouter('other', 'hq')
  expect((await scene.store.loadOtherRouters([hq.tenant], new Set([key(hq), key(hill)]), NOTHING)).size).toBe(
    0,
  )
  const some = await scene.store.loadOtherRouters([hq.tenant], new Set([key(hq), key(other)]), NOTHING)
  expect([...some].map(([tenant, its]) => [tenant, [...its.keys()]])).toEqual([['acme', ['hill']]])
  expect((await scene.store.loadOtherRouters([], new Set(), NOTHING)).size).toBe(0)
})

test('a router that was never read has no bytes and no services', async () => {
  const { tenant, router } = new ReadRouter('other', 'hq')
  const loaded = await scene.store.loadOtherRouters([tenant], new Set(), NOTHING)
  expect(loaded.get(tenant)?.get(router)).toEqual({
    stamp: '0/0/hq',
    name: 'hq',
    rollup: undefined,
    services: new Map(),
  })
})

test('a removed router has its bytes', async () => {
  const [hq] = busyRouters()
  await scene.store.commit([hq.takeCommit()])
  await scene.store.syncConfig([])
  const its = (await scene.store.loadOtherRouters([hq.tenant], new Set(), NOTHING)).get(hq.tenant)
  expect(its?.get(hq.router)?.rollup?.total.upload).toBeGreaterThan(0n)
})

test('routers without a commit since are not read again', async () => {
  const [hq, hill] = busyRouters()
  await scene.store.commit([hq.takeCommit(), hill.takeCommit()])
  const first = (await scene.store.loadOtherRouters([hq.tenant], new Set(), NOTHING)).get(hq.tenant)
  const known = new Map(Array.from(first ?? [], ([router, its]) => [routerKey(hq.tenant, router), its]))
  // A second read would find this.
  await scene.ask(`update tenant_usage_daily set upload = upload + 1`)
  hill.read(readingAt(NOON, 'hotspot', []))
  await scene.store.commit([hill.takeCommit()])
  const next = (await scene.store.loadOtherRouters([hq.tenant], new Set(), known)).get(hq.tenant)
  expect(next?.get(hq.router)).toBe(first?.get(hq.router))
  expect(next?.get(hill.router)?.rollup?.total.upload).toBeGreaterThan(
    first?.get(hill.router)?.rollup?.total.upload ?? 0n,
  )
  expect(next?.get(hill.router)?.services.get('hotspot')?.readAt).toEqual(new Date(NOON))
})
