import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { busyRouters, key, type LedgerScene, NOON, openLedgerScene, sums } from '../pg/ledger-scene.ts'
import { ReadRouter, readingAt, sessionAt } from './read-router.ts'

let scene: LedgerScene
beforeAll(async () => {
  scene = await openLedgerScene()
})
beforeEach(() => scene.begin())
afterAll(() => scene.stop())

test('a commit whose answer never arrived is not applied twice', async () => {
  const [hq, hill] = busyRouters()
  const [first, second] = [hq.takeCommit(), hill.takeCommit()]
  const committed = { kind: 'committed' }
  const already = { kind: 'already' }
  expect(await scene.store.commit([first])).toEqual(new Map([[key(hq), committed]]))
  const before = await sums(scene)
  expect(await scene.store.commit([first])).toEqual(new Map([[key(hq), already]]))
  expect(await sums(scene)).toEqual(before)
  expect(await scene.store.commit([first, second])).toEqual(
    new Map([
      [key(hq), already],
      [key(hill), committed],
    ]),
  )
  expect(await scene.ask('select count(*)::int from ledger_events')).toEqual([{ count: 2 }])
})

test("a router whose position is not the commit's does not change, and neither does an unknown one", async () => {
  const [hq, hill] = busyRouters()
  await scene.database.pool.query(`update routers set position = 3 where id = 'hq'`)
  const nobody = new ReadRouter('acme', 'nobody')
  nobody.read(readingAt(NOON, 'ppp', []))
  expect(await scene.store.commit([hq.takeCommit(), hill.takeCommit(), nobody.takeCommit()])).toEqual(
    new Map<unknown, unknown>([
      [key(hq), { kind: 'conflict', position: 3 }],
      [key(hill), { kind: 'committed' }],
      [key(nobody), { kind: 'lost' }],
    ]),
  )
  expect(await scene.ask('select distinct router_id from user_sessions')).toEqual([{ router_id: 'hill' }])
})

test('a name that is too long for an index stops nothing but its own session', async () => {
  const [hq, hill] = busyRouters()
  const other = new ReadRouter('other', 'hq')
  const name = Array.from({ length: 6_000 }, () => Math.random().toString(36)[2]).join('')
  other.read(readingAt(NOON, 'ppp', [sessionAt(NOON, NOON - 5_000, name, 1, 1)]))
  const result = await scene.store.commit([hq.takeCommit(), other.takeCommit(), hill.takeCommit()])
  expect(result.get(key(hq))).toEqual({ kind: 'committed' })
  expect(result.get(key(hill))).toEqual({ kind: 'committed' })
  expect(result.get(key(other))).toMatchObject({
    ...{ kind: 'committed', setAside: [{ reason: expect.stringMatching(/index row size/) }] },
  })
  expect(
    await scene.ask(`select router_id, length(detail->>'username') as n from ledger_events
    where kind = 'set_aside'`),
  ).toEqual([{ router_id: 'hq', n: 201 }])
})

test('commits of different routers at once, and of one router twice at once, write each byte once', async () => {
  const [a, b] = busyRouters()
  const [ofA, ofB] = [a.takeCommit(), b.takeCommit()]
  const results = await Promise.all([
    scene.store.commit([ofA, ofB]),
    scene.store.commit([ofB, ofA]),
    scene.store.commit([ofA]),
  ])
  const kinds = results.flatMap(result => Array.from(result, ([of, { kind }]) => `${of} ${kind}`)).sort()
  expect(kinds).toEqual([
    'acme/hill already',
    'acme/hill committed',
    'acme/hq already',
    'acme/hq already',
    'acme/hq committed',
  ])
  const [row] = await sums(scene)
  expect(new Set(Object.values(row ?? {})).size).toBe(1)
})
