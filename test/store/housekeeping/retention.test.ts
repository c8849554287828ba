import type { PoolClient } from 'pg'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { systemClock } from '../../../src/runtime/clock.ts'
import { createLogger } from '../../../src/runtime/logger.ts'
import { HalfLoad } from '../../../src/store/housekeeping/half-load.ts'
import { applyRetention } from '../../../src/store/housekeeping/retention.ts'
import { Database } from '../../../src/store/pg/database.ts'
import { makePartitions, Partitions, partitionName, weekOf } from '../../../src/store/schema/partitions.ts'
import {
  createScratchDatabase,
  isClustered,
  type ScratchDatabase,
} from '../../harness/postgres/scratch-database.ts'
import { during, untilWaiting } from '../commit/lease-scene.ts'
import { grown, ReadRouter, readingAt, sessionAt } from '../commit/read-router.ts'
import { openLedgerScene, US } from '../pg/ledger-scene.ts'

const DAY_MS = 86_400_000
/** A Tuesday. */
const NOW = new Date('2026-11-24T12:00:00Z')
const TERMS = { deltasMs: 14 * DAY_MS, sessionsMs: 30 * DAY_MS }
const { signal: running } = new AbortController()

let scratch: ScratchDatabase
let database: Database

beforeAll(async () => {
  scratch = await createScratchDatabase()
  const log = createLogger('silent')
  database = new Database({ url: scratch.url, log, applicationName: 'test', connections: 4 })
})

afterAll(async () => {
  await database.stop()
  await scratch.drop()
})

beforeEach(async () => {
  for (const name of await partitions()) await database.pool.query(`drop table ${name}`)
})

async function partitions(): Promise<readonly string[]> {
  const { rows } = await database.pool.query<{ name: string }>(
    `select relname as name from pg_class where relname ~ '^session_deltas_2' and relkind = 'r' order by 1`,
  )
  return rows.map(({ name }) => name)
}

function daysAgo(days: number): number {
  return NOW.getTime() - days * DAY_MS
}

test('weeks begin on Monday, in UTC, before 1970 too', () => {
  expect(partitionName(weekOf(Date.parse('2026-11-23T00:00:00Z')))).toBe('session_deltas_20261123')
  expect(partitionName(weekOf(Date.parse('2026-11-22T23:59:59.999Z')))).toBe('session_deltas_20261116')
  expect(new Date(weekOf(-1)).toISOString()).toBe('1969-12-29T00:00:00.000Z')
})

test('partitions are made for this week and the next two, even by several daemons at once', async () => {
  await Promise.all([makePartitions(database.pool, NOW), makePartitions(database.pool, NOW)])
  await makePartitions(database.pool, NOW)
  expect(await partitions()).toEqual([
    'session_deltas_20261123',
    'session_deltas_20261130',
    'session_deltas_20261207',
  ])
})

test('a partition that is wholly too old is dropped, one that is partly so stays', async () => {
  const made = new Partitions(database.pool)
  await made.ensure(new Set([0, 7, 14, 21, 28].map(days => weekOf(daysAgo(days)))))
  const removed = await applyRetention(database, TERMS, NOW, new HalfLoad(systemClock, running))
  expect(removed.partitions).toEqual(['session_deltas_20261026', 'session_deltas_20261102'])
  expect(await partitions()).toEqual([
    'session_deltas_20261109',
    'session_deltas_20261116',
    'session_deltas_20261123',
  ])
})

test('a partition that was detached but not dropped is dropped the next time', async () => {
  const week = weekOf(daysAgo(28))
  await new Partitions(database.pool).ensure(new Set([week]))
  await database.pool.query(`alter table session_deltas detach partition ${partitionName(week)}`)
  expect((await applyRetention(database, TERMS, NOW, new HalfLoad(systemClock, running))).partitions).toEqual(
    [partitionName(week)],
  )
  expect(await partitions()).toEqual([])
})

test('a reader of session_deltas does not block the making of a partition', async () => {
  const reader = await database.pool.connect()
  await reader.query('begin')
  await reader.query('select count(*) from session_deltas')
  await makePartitions(database.pool, NOW)
  expect(await partitions()).toHaveLength(3)
  await reader.query('commit')
  reader.release()
})

test('ended sessions and events are deleted when they are too old, open sessions never', async () => {
  await database.pool.query(`insert into tenants values ('acme', 'Acme', 'UTC')`)
  await database.pool.query(
    `insert into routers (tenant_id, id, name, host) values ('acme', 'hq', 'HQ', 'x')`,
  )
  await database.pool.query(
    `insert into user_sessions (id, tenant_id, router_id, service, protocol, username, status, start_time, last_seen_at,
       end_time, data_upload, data_download, login_earliest_at, login_latest_at, last_moved_at)
     select gen_random_uuid(), 'acme', 'hq', 'ppp', 'pppoe', 'u' || n, case when n % 5000 = 0 then 'active' else 'ended' end,
       at, at, case when n % 5000 = 0 then null else at end, 1, 1, at, at, at
     from generate_series(1, 5000) as n, unnest($1::timestamptz[]) as at`,
    [[31, 29].map(days => new Date(daysAgo(days)).toISOString())],
  )
  await database.pool.query(
    `insert into ledger_events (tenant_id, router_id, at, kind, detail)
     select 'acme', 'hq', at, 'reset', '{}' from unnest($1::timestamptz[]) as at`,
    [[31, 29].map(days => new Date(daysAgo(days)).toISOString())],
  )
  expect(await applyRetention(database, TERMS, NOW, new HalfLoad(systemClock, running))).toEqual({
    partitions: [],
    sessions: 4_999,
    events: 1,
    alerts: 0,
  })
  const { rows } = await database.pool.query(
    'select status, count(*)::int from user_sessions group by 1 order by 1',
  )
  expect(rows).toEqual([
    { status: 'active', count: 2 },
    { status: 'ended', count: 4_999 },
  ])
})

test('an alert is deleted with its deliveries when its month is long over, and an outage only after its end', async () => {
  await database.pool.query(`insert into tenants values ('past', 'Past', 'UTC')`)
  await database.pool.query(
    `with a as (
       insert into alerts (tenant_id, number, rule, kind, scope, subject, period, fired_at, changed_at, ended_at, detail)
       select 'past', row_number() over (), 'r', kind, 'router', subject, 'then', at, at, ended_at, '{}' from (values
         ('usage', 'old', $1::timestamptz, null::timestamptz), ('usage', 'young', $2, null),
         ('router_offline', 'open', $1, null), ('router_offline', 'over', $1, $1)
       ) as v (kind, subject, at, ended_at) returning id
     ) insert into alert_deliveries (alert_id, tenant_id, webhook, event) select id, 'past', 'noc', 'fired' from a`,
    [64, 62].map(days => new Date(daysAgo(days)).toISOString()),
  )
  const removed = await applyRetention(database, TERMS, NOW, new HalfLoad(systemClock, running))
  expect(removed.alerts).toBe(2)
  const { rows } = await database.pool.query(
    'select subject from alerts join alert_deliveries on alert_id = alerts.id order by 1',
  )
  expect(rows).toEqual([{ subject: 'open' }, { subject: 'young' }])
})

test.skipIf(isClustered()).each([
  ['session_deltas', 'select count(*) from session_deltas'],
  ['the partition alone', `select count(*) from ${partitionName(weekOf(daysAgo(28)))}`],
])('a partition goes without holding up a commit, though somebody reads %s', async (_, reading) => {
  const scene = await openLedgerScene()
  await new Partitions(scene.database.pool).ensure(new Set([weekOf(daysAgo(28))]))
  await scene.begin()
  const hq = new ReadRouter('acme', 'hq')
  const commit = async (n: number) => {
    const atMs = NOW.getTime() + n * 5_000
    hq.read(readingAt(atMs, 'ppp', [sessionAt(atMs, NOW.getTime(), 'amina', 10 * n, n)]))
    return [...(await scene.store.commit([grown(hq.takeCommit())])).values()]
  }
  // Often enough for cached plans, with all partitions in them.
  for (let n = 1; n <= 8; n++) await commit(n)
  const { removed } = await during(
    scene,
    client => client.query(reading),
    'commit',
    async () => {
      const removed = applyRetention(scene.database, TERMS, NOW, new HalfLoad(systemClock, running))
      await untilWaiting(scene, US)
      for (let n = 9; n <= 12; n++) expect(await commit(n)).toEqual([{ kind: 'committed' }])
      return { removed }
    },
  )
  expect((await removed).partitions).toEqual([partitionName(weekOf(daysAgo(28)))])
  await scene.stop()
})

test.runIf(isClustered())(
  'in a cluster a partition that somebody reads is dropped the next time',
  async () => {
    const scene = await openLedgerScene()
    const week = weekOf(daysAgo(28))
    await new Partitions(scene.database.pool).ensure(new Set([week]))
    const retain = () =>
      applyRetention(scene.database, TERMS, NOW, new HalfLoad(systemClock, running)).then(it => it.partitions)
    const reading = (client: PoolClient) => client.query('select count(*) from session_deltas')
    expect(await during(scene, reading, 'commit', retain)).toEqual([])
    expect(await retain()).toEqual([partitionName(week)])
    await scene.stop()
  },
)
