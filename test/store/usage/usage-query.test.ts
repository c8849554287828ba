import { afterAll, beforeAll, expect, test } from 'vitest'
import { NotMigrated } from '../../../src/store/pg/errors.ts'
import type { TableRow } from '../../../src/store/pg/row-stream.ts'
import { type UsageQuestion, usage } from '../../../src/store/usage/usage-query.ts'
import { createScratchDatabase } from '../../harness/postgres/scratch-database.ts'
import { type LedgerScene, openLedgerScene } from '../pg/ledger-scene.ts'

const MOST = 9_007_199_254_740_991n

let scene: LedgerScene
beforeAll(async () => {
  scene = await openLedgerScene()
  await scene.begin()
  await scene.database.pool.query(`update tenants set timezone = 'Africa/Nairobi' where id = 'acme';
    insert into usage_daily values
      ('acme', '2026-10-31', 'hq', 'ppp', 'ann', 1, 10),
      ('acme', '2026-11-01', 'hq', 'ppp', 'ann', 2, 20),
      ('acme', '2026-11-01', 'hill', 'hotspot', 'ann', 3, 30),
      ('acme', '2026-11-02', 'hill', 'hotspot', 'bo', ${MOST}, ${MOST}),
      ('other', '2026-11-02', 'hq', 'ppp', 'ann', 5, 50);
    insert into tenant_usage_daily
      select tenant_id, day, router_id, service, sum(upload), sum(download) from usage_daily group by 1, 2, 3, 4;
    insert into user_sessions (id, tenant_id, router_id, service, protocol, username, status, start_time, last_seen_at,
        end_time, data_upload, data_download, login_earliest_at, login_latest_at, last_moved_at)
      select gen_random_uuid(), tenant_id, 'hq', 'ppp', 'pppoe', username, status, start_time, now(), end_time,
        1, 2, start_time, start_time, start_time
      from (values
        ('acme', 'early', 'ended', timestamptz '2026-10-30 08:00Z', timestamptz '2026-10-31 20:59:59Z'),
        ('acme', 'over', 'ended', '2026-10-30 08:00Z', '2026-10-31 21:00Z'),
        ('acme', 'open', 'active', '2026-10-30 09:00Z', null),
        ('acme', 'last', 'ended', '2026-11-01 20:59:59Z', '2026-11-02 08:00Z'),
        ('acme', 'late', 'active', '2026-11-01 21:00Z', null),
        ('other', 'open', 'active', '2026-10-30 09:00Z', null)
      ) as s (tenant_id, username, status, start_time, end_time)`)
})
afterAll(() => scene.stop())

async function asked(more: Partial<UsageQuestion>): Promise<readonly TableRow[]> {
  const question = {
    tenant: 'acme',
    user: undefined,
    from: '2026-01-01',
    to: undefined,
    by: 'day',
    ...more,
  } as const
  const rows: TableRow[] = []
  for await (const row of usage(scene, question)) rows.push(row)
  return rows
}

function row(key: Record<string, string>, upload: bigint, download: bigint): TableRow {
  return { tenant: 'acme', ...key, upload, download, used: upload + download }
}

test('a row for each day, month, router or user; routers and users with the most usage first', async () => {
  expect(await asked({ by: 'day' })).toEqual([
    row({ day: '2026-10-31' }, 1n, 10n),
    row({ day: '2026-11-01' }, 5n, 50n),
    row({ day: '2026-11-02' }, MOST, MOST),
  ])
  expect(await asked({ by: 'month' })).toEqual([
    row({ month: '2026-10' }, 1n, 10n),
    row({ month: '2026-11' }, MOST + 5n, MOST + 50n),
  ])
  expect(await asked({ by: 'router' })).toEqual([
    row({ router: 'hill' }, MOST + 3n, MOST + 30n),
    row({ router: 'hq' }, 3n, 30n),
  ])
  expect(await asked({ by: 'user' })).toEqual([
    row({ username: 'bo' }, MOST, MOST),
    row({ username: 'ann' }, 6n, 60n),
  ])
})

test('usage of one user, of some days, of all tenants', async () => {
  expect(await asked({ by: 'router', user: 'ann' })).toEqual([
    row({ router: 'hill' }, 3n, 30n),
    row({ router: 'hq' }, 3n, 30n),
  ])
  expect(await asked({ from: '2026-11-01', to: '2026-11-01' })).toEqual([row({ day: '2026-11-01' }, 5n, 50n)])
  expect(await asked({ from: undefined, to: '2026-10-31' })).toEqual([row({ day: '2026-10-31' }, 1n, 10n)])
  expect(
    (await asked({ by: 'user', tenant: undefined })).map(it => `${it['tenant']} ${it['username']}`),
  ).toEqual(['acme bo', 'acme ann', 'other ann'])
  expect(await asked({ tenant: 'ghost' })).toEqual([])
})

test('sessions are those that were open in that time, by the tenant’s days', async () => {
  const days = { by: 'session', from: '2026-11-01', to: '2026-11-01' } as const
  const rows = await asked(days)
  expect(rows.map(it => it['username'])).toEqual(['over', 'open', 'last'])
  expect(rows[0]).toEqual({
    ...{
      tenant: 'acme',
      router: 'hq',
      service: 'ppp',
      username: 'over',
      ip_address: null,
      mac_address: null,
    },
    ...{ status: 'ended', start_time: '2026-10-30T08:00:00.000Z', end_time: '2026-10-31T21:00:00.000Z' },
    ...{ upload: 1n, download: 2n, used: 3n },
    ...{ protocol: 'pppoe', server: null, caller_id: null, binding: null, domain: null },
  })
  expect((await asked({ ...days, user: 'last' })).map(it => it['username'])).toEqual(['last'])
})

test('the place of a session is in columns after all earlier ones', async () => {
  await scene.database.pool.query(`update user_sessions set server = 'its server', caller_id = 'its caller',
    binding = 'its binding', domain = 'its.domain' where username = 'early'`)
  const [row] = await asked({ by: 'session', user: 'early' })
  expect(Object.entries(row ?? {}).slice(-6)).toEqual([
    ['used', 3n],
    ['protocol', 'pppoe'],
    ['server', 'its server'],
    ['caller_id', 'its caller'],
    ['binding', 'its binding'],
    ['domain', 'its.domain'],
  ])
})

test('a reader holds only the rows that were taken', async () => {
  await scene.database.pool.query(`insert into usage_daily
    select 'other', '2026-11-03', 'hq', 'ppp', 'user-' || n, 1, 1 from generate_series(1, 5000) as n`)
  let count = 0
  for await (const _ of usage(scene, {
    tenant: 'other',
    user: undefined,
    from: '2026-11-03',
    to: undefined,
    by: 'user',
  }))
    if (++count === 1_500) break
  expect(count).toBe(1_500)
  const connected = `select 1 from pg_stat_activity
    where application_name = 'tikmeter-usage' and datname = current_database()`
  await expect.poll(() => scene.ask(connected)).toEqual([])
})

test('a database that no daemon has used says what to do', async () => {
  const scratch = await createScratchDatabase()
  const bare = new URL(scratch.url)
  bare.pathname = '/postgres'
  const rows = usage(
    { url: bare.href },
    {
      tenant: undefined,
      user: undefined,
      from: undefined,
      to: undefined,
      by: 'day',
    },
  )
  await expect(Promise.resolve(rows[Symbol.asyncIterator]().next())).rejects.toThrow(NotMigrated)
  await scratch.drop()
})
