import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { RouterKey } from '../../../src/accounting/ids.ts'
import { LeaseStore } from '../../../src/store/leases/lease-store.ts'
import { during, expireAll, untilWaiting } from '../commit/lease-scene.ts'
import { ReadRouter } from '../commit/read-router.ts'
import {
  ALL_ROUTERS,
  key,
  LEASE_MS,
  type LedgerScene,
  openLedgerScene,
  type StoreScene,
  THEM,
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

const ALL = ALL_ROUTERS.map(key)

/** Every router, at this epoch. */
function allAt(epoch: number): ReadonlyMap<RouterKey, number> {
  return new Map(ALL.map(router => [router, epoch]))
}

/** Both daemons acquire at once, in different orders, and are held up until both have sent their statement. */
async function askAtOnce(holdUp: string): Promise<readonly ReadonlyMap<RouterKey, number>[]> {
  const asked = await during(
    scene,
    client => client.query(holdUp),
    'rollback',
    async () => {
      const both = [scene.leases.acquire(ALL_ROUTERS), them.leases.acquire(ALL_ROUTERS.toReversed())]
      await untilWaiting(scene, US)
      await untilWaiting(scene, THEM)
      return both
    },
  )
  return Promise.all(asked)
}

function eachOnce(taken: readonly ReadonlyMap<RouterKey, number>[]): void {
  expect(taken.flatMap(leases => [...leases.keys()]).sort()).toEqual(ALL.toSorted())
}

test('two daemons that want the same routers get each of them once', async () => {
  const taken = await askAtOnce(`insert into router_leases (tenant_id, router_id) values ('acme', 'hill')`)
  eachOnce(taken)
  for (const leases of taken) for (const epoch of leases.values()) expect(epoch).toBe(1)
})

test('two daemons that want the same expired leases get each of them once', async () => {
  await scene.another('gone').leases.acquire(ALL_ROUTERS)
  await expireAll(scene)
  const taken = await askAtOnce(`select from router_leases where router_id = 'hill' for update`)
  eachOnce(taken)
  for (const leases of taken) for (const epoch of leases.values()) expect(epoch).toBe(2)
})

test('a lease that holds is not taken', async () => {
  const [hq, ...others] = ALL_ROUTERS
  await scene.leases.acquire(others)
  expect(await them.leases.acquire(ALL_ROUTERS)).toEqual(new Map(hq && [[key(hq), 1]]))
})

test('an expired lease is taken over with a higher epoch', async () => {
  expect(await scene.leases.acquire(ALL_ROUTERS)).toEqual(allAt(1))
  await expireAll(scene)
  expect(await them.leases.acquire(ALL_ROUTERS)).toEqual(allAt(2))
})

test('epochs go on from those in the journal, if the database was restored from a backup', async () => {
  const { database } = scene
  const options = { database, owner: US, incarnation: 0, durationMs: LEASE_MS }
  const hq = key(ALL_ROUTERS[0] ?? expect.fail())
  const leases = new LeaseStore({ ...options, epochOf: router => (router === hq ? 41 : 0) })
  const expected = new Map(allAt(1)).set(hq, 42)
  expect(await leases.acquire(ALL_ROUTERS)).toEqual(expected)
})

test('a restarted daemon takes its own back at once', async () => {
  await scene.leases.acquire(ALL_ROUTERS)
  const restarted = scene.another(US)
  expect(await restarted.leases.acquire(ALL_ROUTERS)).toEqual(allAt(2))
  await restarted.database.stop()
})

test('release lets another take over at once', async () => {
  const leases = await scene.leases.acquire(ALL_ROUTERS)
  await scene.leases.release(leases)
  expect(await them.leases.acquire(ALL_ROUTERS)).toEqual(allAt(2))
  await scene.leases.release(leases)
  expect(await scene.leases.acquire(ALL_ROUTERS)).toEqual(new Map())
})

test('a renewal prolongs what nobody took, expired or not; the rest is lost', async () => {
  const [hq, hill, other] = ALL
  const leases = await scene.leases.acquire(ALL_ROUTERS)
  await expireAll(scene)
  expect([...(await them.leases.acquire(ALL_ROUTERS.slice(0, 1))).keys()]).toEqual([hq])
  expect(await scene.leases.renew(leases)).toEqual(new Set([hill, other]))
  expect((await them.leases.acquire(ALL_ROUTERS)).has(key(new ReadRouter('acme', 'hill')))).toBe(false)
})

test('a renewal under an earlier epoch of our own prolongs nothing', async () => {
  const before = await scene.leases.acquire(ALL_ROUTERS)
  const now = await scene.leases.acquire(ALL_ROUTERS)
  expect(await scene.leases.renew(before)).toEqual(new Set())
  expect(await scene.leases.renew(now)).toEqual(new Set(ALL))
})

test('an unknown router is not taken', async () => {
  expect(await scene.leases.acquire([new ReadRouter('acme', 'nobody')])).toEqual(new Map())
})

test('a release by name is for the named daemon alone, until it has not taken the router for one lease', async () => {
  const third = scene.another('third')
  const [hq, hill, other] = ALL
  const leases = await scene.leases.acquire(ALL_ROUTERS)
  await scene.leases.release(leases, router => (router === hill ? undefined : THEM))
  const named = new Map([...leases].filter(([router]) => router !== hill))
  expect(await scene.leases.renew(named)).toEqual(new Set())
  expect(await third.leases.acquire(ALL_ROUTERS)).toEqual(new Map([[hill, 2]]))
  expect(await scene.leases.acquire(ALL_ROUTERS)).toEqual(new Map())
  expect([...(await them.leases.offers())].sort((a, b) => (a.router < b.router ? -1 : 1))).toEqual([
    { router: hq, to: THEM, isOurs: true },
    { router: other, to: THEM, isOurs: true },
  ])
  expect(await them.leases.acquire(ALL_ROUTERS.slice(0, 1))).toEqual(new Map([[hq, 2]]))
  expect(await scene.leases.offers()).toEqual([{ router: other, to: THEM, isOurs: false }])
  await expireAll(scene)
  expect(await third.leases.acquire(ALL_ROUTERS.slice(2))).toEqual(new Map([[other, 2]]))
  expect(await scene.leases.offers()).toEqual([])
  await third.database.stop()
})

test('what a daemon had in an earlier run is left to it, and what nobody takes for long is an orphan', async () => {
  await scene.leases.acquire(ALL_ROUTERS.slice(0, 2))
  expect([...(await scene.leases.left())].sort()).toEqual(ALL.slice(0, 2).toSorted())
  expect(await them.leases.left()).toEqual([])
  await expireAll(scene)
  expect(await them.leases.orphans()).toEqual([])
  await scene.ask(`update router_leases set expires_at = now() - interval '1 hour' where router_id = 'hill'`)
  expect(await them.leases.orphans()).toEqual([ALL[1]])
})
