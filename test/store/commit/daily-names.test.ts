import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { decide } from '../events/decision-scene.ts'
import { ALL_ROUTERS, key, NOON, THEM } from '../pg/ledger-scene.ts'
import { Crowd, dailyRows, MIDNIGHT, names, othersEvents } from './crowd.ts'
import { expireAll } from './lease-scene.ts'
import { COMMITTED, openPoisonScene, type PoisonScene } from './poison-scene.ts'
import { grown, type ReadRouter } from './read-router.ts'

let scene: PoisonScene
beforeAll(async () => {
  scene = await openPoisonScene()
})
beforeEach(() => scene.begin())
afterEach(() => scene.cure())
afterAll(() => scene.stop())

const others = (upload: bigint, isFirst: boolean, day = '2026-11-24') => ({
  kind: 'committed',
  others: [{ day, isFirst, bytes: { upload, download: upload } }],
})

const FOUR = ['24 ppp name-01 10', '24 ppp name-02 10', '24 ppp name-03 10', '24 ppp name-04 10']

test('names beyond twice max_sessions share one row of the day, and all sums are exact', async () => {
  const hq = new Crowd(4)
  hq.show(NOON, names(6, 10))
  expect(await scene.commitOne(hq.takeCommit())).toEqual(others(20n, true))
  expect(await dailyRows(scene)).toEqual(['24 ppp (others) 20', ...FOUR])
  await scene.expectRecorded(120)
  expect(await othersEvents(scene)).toEqual([{ day: '2026-11-24', names: 4 }])
})

test.each([
  ['as growth', grown],
  ['one by one', (commit: ReturnType<ReadRouter['takeCommit']>) => commit],
])('a subscriber with a row keeps it, and new names get none, committed %s', async (_, committed) => {
  const hq = new Crowd(4)
  hq.show(NOON, names(6, 10))
  await scene.commitOne(hq.takeCommit())
  hq.show(NOON + 5_000, names(6, 25))
  expect(await scene.commitOne(committed(hq.takeCommit()))).toEqual(others(30n, false))
  hq.show(NOON + 10_000, { ...names(6, 25), 'a-new-one': 7 })
  expect(await scene.commitOne(committed(hq.takeCommit()))).toEqual(others(7n, false))
  expect(await dailyRows(scene)).toEqual(['24 ppp (others) 57', ...FOUR.map(row => row.replace(/10$/, '25'))])
  await scene.expectRecorded(2 * (6 * 25 + 7))
  expect(await othersEvents(scene)).toHaveLength(1)
})

test('three times max_sessions of new names at each poll add only as many rows as the budget', async () => {
  const hq = new Crowd(4)
  for (let poll = 0; poll < 6; poll++) {
    hq.show(NOON + poll * 5_000, names(6, 10, 1 + 6 * poll))
    await scene.commitOne(hq.takeCommit())
  }
  expect(await dailyRows(scene)).toEqual(['24 ppp (others) 320', ...FOUR])
  await scene.expectRecorded(2 * 6 * 6 * 10)
})

test('each of the tenant’s days has a budget of its own, also for growth', async () => {
  const hq = new Crowd(4)
  hq.show(MIDNIGHT - 30_000, names(6, 10))
  await scene.commitOne(hq.takeCommit())
  // Half of it before midnight.
  hq.show(MIDNIGHT + 30_000, names(6, 30))
  expect(await scene.commitOne(grown(hq.takeCommit()))).toEqual({
    kind: 'committed',
    others: [
      { day: '2026-11-23', isFirst: false, bytes: { upload: 20n, download: 20n } },
      { day: '2026-11-24', isFirst: true, bytes: { upload: 20n, download: 20n } },
    ],
  })
  const yesterday = FOUR.map(row => row.replace(/^24/, '23').replace(/10$/, '20'))
  expect(await dailyRows(scene)).toEqual(['23 ppp (others) 40', ...yesterday, '24 ppp (others) 20', ...FOUR])
  await scene.expectRecorded(2 * 6 * 30)
  expect(await othersEvents(scene)).toEqual([
    { day: '2026-11-23', names: 4 },
    { day: '2026-11-24', names: 4 },
  ])
})

test('services share the budget, and other routers and tenants have their own', async () => {
  const [hq, hill, same] = [new Crowd(4), new Crowd(2, 'acme', 'hill'), new Crowd(2, 'other', 'hq')]
  hq.show(NOON, names(3, 10))
  hq.show(NOON, names(3, 10), 'hotspot')
  for (const router of [hill, same]) router.show(NOON, names(2, 10))
  const result = await scene.store.commit([hq, hill, same].map(it => it.takeCommit()))
  expect([...result.values()]).toEqual([others(20n, true), COMMITTED, COMMITTED])
  expect(await dailyRows(scene)).toEqual([
    ...['24 hotspot name-01 10', '24 hotspot name-02 10', '24 hotspot name-03 10'],
    ...['24 ppp (others) 20', '24 ppp name-01 10'],
  ])
})

test('the budget holds across a restart and a takeover', async () => {
  const first = new Crowd(4)
  first.show(NOON, names(3, 10))
  await scene.commitOne(first.takeCommit())
  await expireAll(scene)
  const them = scene.another(THEM)
  try {
    const leases = await them.leases.acquire([first])
    first.epoch = leases.get(key(first)) ?? 0
    first.show(NOON + 5_000, { ...names(3, 10), ...names(3, 10, 4) })
    expect([...(await them.store.commit([first.takeCommit()])).values()]).toEqual([others(20n, true)])
    expect(await dailyRows(scene)).toEqual(['24 ppp (others) 20', ...FOUR])
  } finally {
    await them.database.stop()
  }
})

test('a commit that is tried again moves no byte, whether the first try succeeded or not', async () => {
  const hq = new Crowd(4)
  hq.show(NOON, names(6, 10))
  const commit = hq.takeCommit()
  await scene.poison('routers', 'position < 1')
  expect(await scene.commitOne(commit)).toMatchObject({ kind: 'refused' })
  expect([await dailyRows(scene), await othersEvents(scene)]).toEqual([[], []])
  await scene.cure()
  expect(await scene.commitOne(commit)).toEqual(others(20n, true))
  const rows = await dailyRows(scene)
  expect(await scene.commitOne(commit)).toEqual({ kind: 'already' })
  expect(await dailyRows(scene)).toEqual(rows)
  await scene.expectRecorded(120)
  expect(await othersEvents(scene)).toHaveLength(1)
})

test('sessions beside one that is set aside keep their names', async () => {
  const hq = new Crowd(4)
  await scene.poison('user_sessions', `username <> 'name-02'`)
  hq.show(NOON, names(6, 10))
  expect(await scene.commitOne(hq.takeCommit())).toMatchObject({ setAside: [{}], ...others(10n, true) })
  expect(await dailyRows(scene)).toHaveLength(5)
  await scene.expectRecorded(100)
  expect(await othersEvents(scene)).toHaveLength(1)
})

test('a router whose max_sessions is raised has more names from then on', async () => {
  const hq = new Crowd(4)
  hq.show(NOON, names(6, 10))
  await scene.commitOne(hq.takeCommit())
  hq.limits = { maxSessions: 3 }
  hq.show(NOON + 5_000, names(6, 15))
  expect(await scene.commitOne(grown(hq.takeCommit()))).toEqual(COMMITTED)
  expect((await dailyRows(scene)).slice(-2)).toEqual(['24 ppp name-05 5', '24 ppp name-06 5'])
  await scene.expectRecorded(180)
})

test('a subscriber called (others) shares the row, and hides no event', async () => {
  const hq = new Crowd(4)
  hq.show(NOON, { '(others)': 3, ...names(4, 10) })
  expect(await scene.commitOne(hq.takeCommit())).toEqual(COMMITTED)
  hq.show(NOON + 5_000, { '(others)': 5, ...names(6, 10) })
  expect(await scene.commitOne(grown(hq.takeCommit()))).toEqual(others(20n, true))
  expect(await dailyRows(scene)).toEqual(['24 ppp (others) 25', ...FOUR])
  await scene.expectRecorded(130)
  expect(await othersEvents(scene)).toHaveLength(1)
})

test('a subscriber with credited bytes gets a row, whatever the budget', async () => {
  const hq = new Crowd(4)
  hq.show(NOON, names(5, 10))
  hq.show(NOON + 5_000, names(5, 100_000_000_000))
  await scene.commitOne(hq.takeCommit())
  const [event] = await scene.ask(
    `select id from ledger_events where kind = 'quarantine' and detail ->> 'username' = 'name-05'`,
  )
  expect(await decide(scene, String(event?.['id']), 'accepted')).toMatchObject({ kind: 'decided' })
  expect((await dailyRows(scene)).at(-1)).toBe('24 ppp name-05 99999999990')
  const [counted] = await scene.ask('select names, has_others from tenant_usage_daily')
  expect(counted).toEqual({ names: 5, has_others: true })
})

test('routers within their budget have no others', async () => {
  const routers = ALL_ROUTERS.map(it => new Crowd(40_000, it.tenant, it.router))
  for (const router of routers) router.show(NOON, names(6, 10))
  const result = await scene.store.commit(routers.map(it => it.takeCommit()))
  expect([...result.values()]).toEqual([COMMITTED, COMMITTED, COMMITTED])
  expect(await othersEvents(scene)).toEqual([])
})
