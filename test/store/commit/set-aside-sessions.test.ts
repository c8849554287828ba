import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { openSessions } from '../../../src/accounting/ledger.ts'
import { busyRouters, key, NOON } from '../pg/ledger-scene.ts'
import { COMMITTED, LOGIN_MS, openPoisonScene, type PoisonScene, readAt } from './poison-scene.ts'
import { ReadRouter, readingAt, sessionAt } from './read-router.ts'

let scene: PoisonScene
beforeAll(async () => {
  scene = await openPoisonScene()
})
beforeEach(() => scene.begin())
afterEach(() => scene.cure())
afterAll(() => scene.stop())

test('a session that cannot be inserted is set aside with its bytes, and stops nothing', async () => {
  await scene.poison('user_sessions', `username <> 'poison'`)
  const [, hill] = busyRouters()
  const hq = new ReadRouter('acme', 'hq')
  readAt(hq, 0, { amina: 100, poison: 10, bo: 1 })
  readAt(hq, 1, { amina: 100, poison: 15, bo: 1 })
  const result = await scene.store.commit([hill.takeCommit(), hq.takeCommit()])
  const [id] = openSessions(hq.ledgers.ppp).filter(it => it.username === 'poison')
  expect(result).toEqual(
    new Map<unknown, unknown>([
      [key(hill), COMMITTED],
      [
        key(hq),
        {
          ...COMMITTED,
          setAside: [
            { what: `session ${id?.id}`, reason: expect.stringMatching(/constraint "poison\w*" \(23514\)/) },
          ],
        },
      ],
    ]),
  )
  await scene.expectRecorded(303 + 120)
  expect((await scene.store.load([hq])).get(key(hq))?.position).toBe(2)
  expect(await scene.setAsideDetails()).toEqual([
    {
      ...{
        entry: 'session',
        session_id: id?.id,
        service: 'ppp',
        username: 'poison',
        upload: 15,
        download: 30,
      },
      days: { '2026-11-24': { upload: 15, download: 30 } },
      reason: expect.stringContaining('poison'),
    },
  ])
})

test('a session without a row is set aside again, until the database accepts it', async () => {
  await scene.poison('user_sessions', `username <> 'poison'`)
  const hq = new ReadRouter('acme', 'hq')
  readAt(hq, 0, { amina: 100, poison: 10 })
  await scene.commitOne(hq.takeCommit())
  readAt(hq, 1, { amina: 200, poison: 14 })
  expect(await scene.commitOne(hq.takeCommit())).toEqual(COMMITTED)
  await scene.expectRecorded(600)
  expect(await scene.setAsideDetails()).toMatchObject([{ upload: 14, download: 28 }])
  await scene.cure()
  readAt(hq, 2, { amina: 200, poison: 20 })
  expect(await scene.commitOne(hq.takeCommit())).toEqual(COMMITTED)
  await scene.expectRecorded(618)
  for (const n of [3, 4]) readAt(hq, n, { amina: 300 })
  expect(await scene.commitOne(hq.takeCommit())).toEqual(COMMITTED)
  await scene.expectRecorded(918)
  expect(
    await scene.ask('select username, data_used::int, status from user_sessions order by username'),
  ).toEqual([
    { username: 'amina', data_used: 900, status: 'active' },
    { username: 'poison', data_used: 18, status: 'ended' },
  ])
  expect(await scene.setAsideDetails()).toHaveLength(1)
})

test('what several commits set aside of a session for one reason is one event with all bytes', async () => {
  await scene.poison('user_sessions', `username <> 'poison'`)
  const hq = new ReadRouter('acme', 'hq')
  const commitAt = async (n: number, poison: number) => {
    readAt(hq, n, { amina: 100 * (n + 1), poison })
    return scene.commitOne(hq.takeCommit())
  }
  expect(await commitAt(0, 10)).toMatchObject({ setAside: [{}] })
  const [first] = await scene.ask(`select id, at from ledger_events where kind = 'set_aside'`)
  // A session that moved nothing is in no commit. Twelve hours later it is another day.
  for (const [n, poison] of [
    [1, 14],
    [2, 14],
    [3_600, 50],
  ] as const)
    expect(await commitAt(n, poison)).toEqual(COMMITTED)
  const rows = await scene.ask(`select id, at, detail from ledger_events where kind = 'set_aside'`)
  expect(rows).toMatchObject([
    { ...first, detail: { entry: 'session', username: 'poison', upload: 50, download: 100, times: 3 } },
  ])
  const [event] = rows
  const days: Readonly<Record<string, { upload: number; download: number }>> = Object(event?.['detail']).days
  const uploads = Object.values(days).map(({ upload }) => upload)
  expect([uploads.length, uploads.reduce((sum, it) => sum + it, 0)]).toEqual([2, 50])
  // Another reason is another event.
  await scene.cure()
  await scene.poison('usage_daily', `username <> 'poison'`)
  expect(await commitAt(3_601, 57)).toMatchObject({
    setAside: [{ what: expect.stringMatching(/^bytes of/) }],
  })
  expect(await commitAt(3_602, 58)).toEqual(COMMITTED)
  expect(await scene.setAsideDetails()).toMatchObject([
    { entry: 'session', upload: 50, download: 100, times: 3 },
    { entry: 'bytes', upload: 8, download: 16, times: 2 },
  ])
})

test('two sessions that are set aside have an event each, and so does one on another router', async () => {
  await scene.poison('user_sessions', `username not like 'poison%'`)
  const routers = [new ReadRouter('acme', 'hq'), new ReadRouter('acme', 'hill')]
  for (const n of [0, 1])
    for (const router of routers) {
      readAt(router, n, { poison1: 10 * (n + 1), poison2: 100 * (n + 1) })
      await scene.commitOne(router.takeCommit())
    }
  expect(
    await scene.ask(`select router_id, detail->>'username' as username, (detail->>'upload')::int as upload
      from ledger_events where kind = 'set_aside' order by 1, 2`),
  ).toEqual(
    ['hill', 'hq'].flatMap(router_id => [
      { router_id, username: 'poison1', upload: 20 },
      { router_id, username: 'poison2', upload: 200 },
    ]),
  )
})

test('a session that cannot be updated keeps its row, and continues when it can', async () => {
  await scene.poison('user_sessions', `ip_address <> '6.6.6.6'`)
  const hq = new ReadRouter('acme', 'hq')
  readAt(hq, 0, { amina: 100, bo: 1 })
  await scene.commitOne(hq.takeCommit())
  readAt(hq, 1, { amina: 150 }, { ipAddress: '6.6.6.6' })
  readAt(hq, 2, { amina: 160, bo: 2 }, { ipAddress: '6.6.6.6' })
  expect(await scene.commitOne(hq.takeCommit())).toMatchObject({ setAside: [{}, {}] })
  await scene.expectRecorded(303)
  readAt(hq, 3, { amina: 170, bo: 2 })
  expect(await scene.commitOne(hq.takeCommit())).toEqual(COMMITTED)
  await scene.expectRecorded(303 + 30)
  expect((await scene.store.load([hq])).get(key(hq))?.ledgers.get('ppp')?.unnumbered.size).toBe(2)
  const details = await scene.setAsideDetails()
  expect(details).toMatchObject([{ entry: 'session' }, { entry: 'session' }])
  expect(details).toEqual(
    expect.arrayContaining([expect.objectContaining({ username: 'amina', upload: 60, download: 120 })]),
  )
})

test('a session whose bytes are refused gets its row and its other buckets', async () => {
  await scene.poison('session_deltas', `bucket_start <> '${new Date(NOON).toISOString()}'`)
  const hq = new ReadRouter('acme', 'hq')
  // Across noon: half is in the bucket before.
  hq.read(readingAt(NOON + 60_000, 'ppp', [sessionAt(NOON + 60_000, LOGIN_MS, 'amina', 100, 200)]))
  expect(await scene.commitOne(hq.takeCommit())).toMatchObject({
    setAside: [{ what: expect.stringMatching(/^bytes of session /) }],
  })
  await scene.expectRecorded(150)
  expect(await scene.setAsideDetails()).toMatchObject([
    { entry: 'bytes', username: 'amina', upload: 50, download: 100 },
  ])
  await scene.cure()
  hq.read(readingAt(NOON + 70_000, 'ppp', [sessionAt(NOON + 70_000, LOGIN_MS, 'amina', 101, 202)]))
  expect(await scene.commitOne(hq.takeCommit())).toEqual(COMMITTED)
  await scene.expectRecorded(153)
  // A daemon that continues from here counts nothing twice.
  const [session] = [
    ...((await scene.store.load([hq])).get(key(hq))?.ledgers.get('ppp')?.unnumbered.values() ?? []),
  ]
  expect(session?.mark).toMatchObject({ counters: { upload: 101, download: 202 } })
})

test.each(['usage_daily', 'tenant_usage_daily'])('bytes that %s refuses are in no table', async table => {
  await scene.poison(table, 'upload < 50')
  const hq = new ReadRouter('acme', 'hq')
  readAt(hq, 0, { amina: 60, bo: 20 })
  expect(await scene.commitOne(hq.takeCommit())).toMatchObject({ setAside: [{}] })
  await scene.expectRecorded(60)
  expect(await scene.setAsideDetails()).toMatchObject([{ username: 'amina', upload: 60, download: 120 }])
})
