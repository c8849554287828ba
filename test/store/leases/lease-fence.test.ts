import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { decideOutcome } from '../../../src/store/commit/decide-outcome.ts'
import { during, duringCommit, expireAll, untilWaiting } from '../commit/lease-scene.ts'
import { type ReadRouter, readingAt } from '../commit/read-router.ts'
import {
  ALL_ROUTERS,
  busyRouters,
  key,
  type LedgerScene,
  NOON,
  openLedgerScene,
  type StoreScene,
  sums,
  THEM,
  US,
} from '../pg/ledger-scene.ts'

let scene: LedgerScene
let them: StoreScene
beforeAll(async () => {
  scene = await openLedgerScene()
  them = scene.another(THEM)
})
beforeEach(() => scene.begin())
afterAll(async () => {
  await them.database.stop()
  await scene.stop()
})

const COMMITTED = { kind: 'committed' }

async function takenOver(): Promise<void> {
  await expireAll(scene)
  expect((await them.leases.acquire(ALL_ROUTERS)).size).toBe(ALL_ROUTERS.length)
}

function commitOfOneMore(router: ReadRouter, seconds: number) {
  router.read(readingAt(NOON + seconds * 1_000, 'ppp', []))
  return router.takeCommit()
}

test('a daemon that lost its lease cannot commit, whatever the position', async () => {
  const [hq] = busyRouters()
  const [done, next, afterNext] = [hq.takeCommit(), commitOfOneMore(hq, 1), commitOfOneMore(hq, 2)]
  expect(await scene.store.commit([done])).toEqual(new Map([[key(hq), COMMITTED]]))
  await takenOver()
  const before = await sums(scene)
  // The position is before this commit, at its base, and at its end.
  for (const commit of [afterNext, next, done])
    expect(await scene.store.commit([commit])).toEqual(new Map([[key(hq), { kind: 'lost' }]]))
  expect(await sums(scene)).toEqual(before)
  expect((await scene.store.load([hq])).get(key(hq))?.position).toBe(6)
})

test('an earlier run of the same daemon cannot commit', async () => {
  const [hq] = busyRouters()
  await scene.leases.acquire([hq])
  expect(await scene.store.commit([hq.takeCommit()])).toEqual(new Map([[key(hq), { kind: 'lost' }]]))
})

test('a lost router stops nothing but itself', async () => {
  const [hq, hill] = busyRouters()
  await expireAll(scene)
  await them.leases.acquire([hq])
  expect(await scene.store.commit([hq.takeCommit(), hill.takeCommit()])).toEqual(
    new Map<unknown, unknown>([
      [key(hq), { kind: 'lost' }],
      [key(hill), COMMITTED],
    ]),
  )
  expect(await scene.ask('select distinct router_id from user_sessions')).toEqual([{ router_id: 'hill' }])
})

test('an expired lease that nobody took still commits', async () => {
  const [hq] = busyRouters()
  await expireAll(scene)
  expect(await scene.store.commit([hq.takeCommit()])).toEqual(new Map([[key(hq), COMMITTED]]))
})

test('a takeover waits for a commit under way and sees what it wrote', async () => {
  const [hq] = busyRouters()
  await expireAll(scene)
  const [taking] = await duringCommit(scene, [hq.takeCommit()], 'commit', () => waitingFor(hq))
  expect((await taking).get(key(hq))).toBe(2)
  expect((await them.store.load([hq])).get(key(hq))?.position).toBe(6)
})

test('a takeover waits for a commit whose lease was renewed meanwhile', async () => {
  const [hq] = busyRouters()
  const [taking] = await duringCommit(scene, [hq.takeCommit()], 'rollback', async () => {
    await scene.leases.renew(new Map([[key(hq), 1]]))
    await expireAll(scene)
    return waitingFor(hq)
  })
  expect((await taking).get(key(hq))).toBe(2)
})

test('a commit waits for a takeover under way and is lost', async () => {
  const [hq, hill] = busyRouters()
  await expireAll(scene)
  const [taking, commit] = await during(
    scene,
    client => client.query(`select from router_leases where router_id = 'hq' for key share`),
    'rollback',
    async () => {
      // The takeover has hill by now.
      const [taking] = await waitingFor(hq, hill)
      const commit = scene.store.commit([hill.takeCommit()])
      await untilWaiting(scene, US)
      return [taking, commit]
    },
  )
  expect((await taking).size).toBe(2)
  expect(await commit).toEqual(new Map([[key(hill), { kind: 'lost' }]]))
})

test('a renewal does not wait for a commit under way, and what it renews is not taken after it', async () => {
  const [hq] = busyRouters()
  await expireAll(scene)
  const [taking] = await duringCommit(scene, [hq.takeCommit()], 'commit', async () => {
    const waiting = await waitingFor(hq)
    expect(await scene.leases.renew(new Map([[key(hq), 1]]))).toEqual(new Set([key(hq)]))
    return waiting
  })
  expect(await taking).toEqual(new Map())
})

test('a commit does not wait for a renewal under way', async () => {
  const [hq] = busyRouters()
  const outcome = await during(
    scene,
    client => client.query('update router_leases set expires_at = clock_timestamp()'),
    'commit',
    () => scene.store.commit([hq.takeCommit()]),
  )
  expect(outcome).toEqual(new Map([[key(hq), COMMITTED]]))
})

test('a lease of the same epoch still belongs only to its owner, as in a database restored from a backup', () => {
  const standing = { owner: THEM, epoch: 7, position: 5 }
  const commit = { epoch: 7, pending: { basePosition: 5, position: 6 } }
  expect(decideOutcome(standing, US, commit)).toEqual({ kind: 'lost' })
  expect(decideOutcome(standing, THEM, commit)).toEqual(COMMITTED)
})

/** Their takeover, once it waits. In an array, because an async function would wait for a promise that it returns. */
async function waitingFor(...routers: readonly ReadRouter[]) {
  const taking = them.leases.acquire(routers)
  await untilWaiting(scene, THEM)
  return [taking] as const
}
