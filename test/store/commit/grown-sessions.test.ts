import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { rollupFaultsIn } from '../housekeeping/rollup-faults.ts'
import { DAY_MS, key, NOON } from '../pg/ledger-scene.ts'
import { COMMITTED, LOGIN_MS, openPoisonScene, type PoisonScene, readAt } from './poison-scene.ts'
import { grown, ReadRouter, readingAt, sessionAt } from './read-router.ts'

let scene: PoisonScene
beforeAll(async () => {
  scene = await openPoisonScene()
})
beforeEach(() => scene.begin())
afterEach(() => scene.cure())
afterAll(() => scene.stop())

/** All that the four tables have of a tenant, except when an open session was last seen. */
async function tablesOf(tenant: string): Promise<readonly unknown[]> {
  return Promise.all(
    [
      `select service, username, router_session_id, status, start_time, end_time, data_upload, data_download, data_used,
         ip_address, counter_upload, counter_download, counted_since, last_moved_at
       from user_sessions where tenant_id = '${tenant}' order by username, router_session_id`,
      `select username, router_session_id, bucket_start, upload, download from session_deltas as d
       join user_sessions as s on s.tenant_id = d.tenant_id and s.id = d.session_id where d.tenant_id = '${tenant}' order by 1, 2, 3`,
      `select day, service, username, upload, download from usage_daily where tenant_id = '${tenant}' order by 1, 3`,
      `select day, service, upload, download from tenant_usage_daily where tenant_id = '${tenant}' order by 1`,
    ].map(scene.ask),
  )
}

test('growth has the same result as whole sessions, over buckets, a midnight and logouts', async () => {
  const hq = new ReadRouter('acme', 'hq')
  const same = new ReadRouter('other', 'hq')
  // From 23:40 to 0:30 in Nairobi, in steps that fall into buckets and over their edges.
  const beganMs = NOON - 15 * 3_600_000 - 1_200_000
  for (let n = 0; n < 12; n++) {
    const atMs = beganMs + n * 260_000
    const sessions = [
      sessionAt(atMs, LOGIN_MS - DAY_MS, 'amina', 1_000 * n, 7_000 * n, { routerSessionId: '0x1' }),
      sessionAt(atMs, LOGIN_MS - DAY_MS, 'shared', 10 * n, 20 * n, { routerSessionId: '0x2' }),
      sessionAt(atMs, LOGIN_MS - DAY_MS, 'shared', 3 * n, 5 * n, { routerSessionId: '0x3' }),
      sessionAt(atMs, LOGIN_MS - DAY_MS, 'a\0b', 2 * n, 3 * n, { routerSessionId: '0x4' }),
      sessionAt(atMs, LOGIN_MS - DAY_MS, 'a\u2400b', n, n, { routerSessionId: '0x5' }),
      ...(n > 8 ? [] : [sessionAt(atMs, LOGIN_MS - DAY_MS, 'gone', n, n, { routerSessionId: '0x6' })]),
    ]
    for (const router of [hq, same]) router.read(readingAt(atMs, 'ppp', sessions))
    if (n % 3 === 1) continue
    const result = await scene.store.commit([grown(hq.takeCommit()), same.takeCommit()])
    expect(result).toEqual(
      new Map([
        [key(hq), COMMITTED],
        [key(same), COMMITTED],
      ]),
    )
  }
  const tables = await tablesOf('acme')
  expect(tables).toEqual(await tablesOf('other'))
  expect(tables.map(rows => Array.isArray(rows) && rows.length)).toEqual([6, 23, 8, 2])
  expect(await rollupFaultsIn(scene.database.pool)).toEqual([])
})

test('growth in a bucket past its retention is in all tables but session_deltas', async () => {
  const hq = new ReadRouter('acme', 'hq')
  const oldMs = NOON - 100 * DAY_MS
  for (let n = 1; n <= 3; n++) {
    const atMs = oldMs + n * 5_000
    hq.read(readingAt(atMs, 'ppp', [sessionAt(atMs, oldMs, 'amina', 100 * n, 0)], BOOT))
    expect(await scene.commitOne(grown(hq.takeCommit()))).toEqual(COMMITTED)
  }
  expect(
    await scene.ask(`select (select sum(upload)::int from session_deltas) as deltas,
      (select sum(upload)::int from usage_daily) as daily, (select data_upload::int from user_sessions) as session`),
  ).toEqual([{ deltas: null, daily: 300, session: 300 }])
})

const BOOT = { boot: { earliestMs: NOON - 200 * DAY_MS, latestMs: NOON - 200 * DAY_MS } }

test('growth of a session without a row is set aside, until the database accepts the session', async () => {
  await scene.poison('user_sessions', `username <> 'poison'`)
  const hq = new ReadRouter('acme', 'hq')
  readAt(hq, 0, { amina: 100, poison: 10 })
  await scene.commitOne(hq.takeCommit())
  readAt(hq, 1, { amina: 200, poison: 14 })
  expect(await scene.commitOne(grown(hq.takeCommit()))).toEqual(COMMITTED)
  await scene.expectRecorded(600)
  expect(await scene.setAsideDetails()).toMatchObject([{ upload: 14, download: 28 }])
  await scene.cure()
  readAt(hq, 2, { amina: 200, poison: 20 })
  expect(await scene.commitOne(grown(hq.takeCommit()))).toEqual(COMMITTED)
  await scene.expectRecorded(618)
})

test.each([
  ['session_deltas', 'upload < 50'],
  ['usage_daily', 'upload < 50'],
  ['tenant_usage_daily', 'upload < 60'],
  ['user_sessions', 'data_upload < 50'],
])('growth that %s refuses is in no table, and all other growth is in each', async (table, holds) => {
  const hq = new ReadRouter('acme', 'hq')
  readAt(hq, 0, { amina: 10, bo: 10 })
  await scene.commitOne(hq.takeCommit())
  await scene.poison(table, holds)
  readAt(hq, 1, { amina: 60, bo: 20 })
  expect(await scene.commitOne(grown(hq.takeCommit()))).toMatchObject({ setAside: [{}] })
  await scene.expectRecorded(90)
  expect(await scene.setAsideDetails()).toMatchObject([{ username: 'amina', upload: 50, download: 100 }])
})
