import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { beginIncarnation } from '../../../src/store/leases/incarnation.ts'
import { MemberStore } from '../../../src/store/leases/member-store.ts'
import {
  ALL_ROUTERS,
  key,
  LEASE_MS,
  type LedgerScene,
  openLedgerScene,
  type StoreScene,
  THEM,
  tenantOf,
  US,
} from '../pg/ledger-scene.ts'

let scene: LedgerScene
let them: StoreScene
beforeAll(async () => {
  scene = await openLedgerScene()
  them = scene.another(THEM)
})
beforeEach(() => scene.beginUntaken())
afterAll(async () => {
  await them.database.stop()
  await scene.stop()
})

async function begin({ database }: StoreScene, self: string): Promise<MemberStore> {
  const incarnation = await beginIncarnation(database, self, `host of ${self}`)
  return new MemberStore({ ...{ database, self, incarnation }, version: '0.2.0', durationMs: LEASE_MS })
}

const idsOf = (members: readonly { readonly id: string; readonly isLive: boolean }[]) =>
  members.map(({ id, isLive }) => `${id} ${isLive}`)

test('a daemon is live from its first renewal until it leaves, with what it says of itself', async () => {
  const us = await begin(scene, US)
  expect(idsOf(await us.load())).toEqual(['us false'])
  await us.renew({ share: 2, routers: 3, sessions: 900 })
  const loaded = await us.load()
  expect(loaded[0]?.leftMs).toBeGreaterThan(LEASE_MS / 2)
  // The end is stored in whole milliseconds, rounded.
  expect(loaded[0]?.leftMs).toBeLessThanOrEqual(LEASE_MS + 1)
  expect(loaded).toEqual([
    {
      ...{ id: US, host: 'host of us', version: '0.2.0', share: 2, routers: 3, sessions: 900, isLive: true },
      ...{ listDigest: expect.any(String), startedAt: expect.any(Date), seenAt: expect.any(Date) },
      leftMs: expect.any(Number),
    },
  ])
  await us.leave()
  expect(idsOf(await us.load())).toEqual(['us false'])
})

test('a daemon without a renewal is no longer live, and is listed for an hour', async () => {
  const us = await begin(scene, US)
  const other = await begin(them, THEM)
  await other.renew({ share: 1, routers: 0, sessions: 0 })
  expect(idsOf(await us.load())).toEqual(['them true', 'us false'])
  await scene.ask(`update daemons set expires_at = now() - interval '1 second' where id = '${THEM}'`)
  expect(idsOf(await us.load())).toEqual(['them false', 'us false'])
  await scene.ask(`update daemons set seen_at = now() - interval '61 minutes'`)
  expect(idsOf(await us.load())).toEqual(['us false'])
})

test('an older process of a daemon does not renew or end the newer one', async () => {
  const older = await begin(scene, US)
  const newer = await begin(scene, US)
  await older.renew({ share: 9, routers: 9, sessions: 9 })
  expect(idsOf(await newer.load())).toEqual(['us false'])
  await newer.renew({ share: 1, routers: 0, sessions: 0 })
  await older.leave()
  expect(idsOf(await newer.load())).toEqual(['us true'])
})

test('the lists are those of the configs, equal ones with one digest, and change the daemon’s own', async () => {
  const us = await begin(scene, US)
  await begin(them, THEM)
  const before = (await us.load()).find(it => it.id === US)?.listDigest
  await them.store.syncConfig([tenantOf('acme', 'hill', 'hq')])
  const lists = await us.loadLists([US, THEM])
  const of = (id: string) =>
    [...(lists.get(id) ?? [])].map(([tenant, { routers }]) => `${tenant}: ${routers.join(' ')}`)
  expect(of(US).sort()).toEqual(['acme: hill hq', 'other: hq'])
  expect(of(THEM)).toEqual(['acme: hill hq'])
  const digests = [US, THEM].map(id => [...(lists.get(id)?.values() ?? [])][0]?.digest)
  expect(digests[0]).toBe(digests[1])
  await scene.store.syncConfig([tenantOf('acme', 'hill', 'hq'), tenantOf('other', 'hq')])
  expect((await us.load()).find(it => it.id === US)?.listDigest).toBe(before)
  await scene.store.syncConfig([tenantOf('acme', 'hill')])
  expect((await us.load()).find(it => it.id === US)?.listDigest).not.toBe(before)
})

test('loads are those of the last renewals, and only change when they are a tenth off', async () => {
  const us = await begin(scene, US)
  const leases = await scene.another(US, Number.MAX_SAFE_INTEGER).leases.acquire(ALL_ROUTERS)
  const [hq] = ALL_ROUTERS.map(key)
  if (!hq) throw new Error('there are routers')
  const loadOf = async (sessions: number) => {
    await scene.leases.renew(leases, new Map([[hq, sessions]]))
    const loads = await us.loadLoads()
    expect(loads.owners.get(hq)).toBe(US)
    return loads.sessions.get(hq)
  }
  expect(await loadOf(1_000)).toBe(1_000)
  expect(await loadOf(1_100)).toBe(1_000)
  expect(await loadOf(900)).toBe(1_000)
  expect(await loadOf(1_101)).toBe(1_101)
  expect(await loadOf(0)).toBe(0)
  expect(await loadOf(1)).toBe(1)
  await scene.ask(`update router_leases set expires_at = now() - interval '1 second'`)
  expect((await us.loadLoads()).owners.size).toBe(0)
})
