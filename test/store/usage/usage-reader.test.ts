import type { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Calendar } from '../../../src/accounting/calendar.ts'
import { tenantId } from '../../../src/accounting/ids.ts'
import { hoursOf } from '../../../src/api/usage/hours.ts'
import type { Question } from '../../../src/api/usage/usage-source.ts'
import { createLogger } from '../../../src/runtime/logger.ts'
import { clientFor } from '../../../src/store/pg/client.ts'
import { Database } from '../../../src/store/pg/database.ts'
import { inSchema } from '../../../src/store/pg/installation.ts'
import { Partitions, weekOf } from '../../../src/store/schema/partitions.ts'
import type { DailyBy } from '../../../src/store/usage/daily-query.ts'
import { queryOf } from '../../../src/store/usage/reader-question.ts'
import { UsageReader } from '../../../src/store/usage/usage-reader.ts'
import { createScratchDatabase, type ScratchDatabase } from '../../harness/postgres/scratch-database.ts'

const NEVER = new AbortController().signal
const HOUR_MS = 3_600_000
const WEEK_MS = 7 * 24 * HOUR_MS

let scratch: ScratchDatabase
let database: Database
let reader: UsageReader
let observer: Client
beforeAll(async () => {
  scratch = await createScratchDatabase()
  const log = createLogger('silent')
  database = new Database({ url: scratch.url, log, applicationName: 'test', connections: 2 })
  reader = new UsageReader({ url: scratch.url, log, applicationName: 'reading', connections: 2 })
  observer = clientFor(scratch.url, 'observer')
  await observer.connect()
  const first = weekOf(Date.parse('2026-10-01'))
  await new Partitions(database.pool).ensure(
    new Set(Array.from({ length: 9 }, (_, week) => first + week * WEEK_MS)),
  )
  await observer.query(HISTORY)
})
afterAll(async () => {
  await observer.end()
  await reader.stop()
  await database.stop()
  await scratch.drop()
})

/** Eight tenants, each with 5,000 ended sessions in 50 days, and 50 open ones. Every session has four deltas. */
const HISTORY = `
  insert into tenants select 't' || t, 'T', 'UTC' from generate_series(0, 7) as t;
  insert into routers (tenant_id, id, name, host)
    select 't' || t, 'r' || r, 'R', '10.0.0.1' from generate_series(0, 7) as t, generate_series(0, 3) as r;
  insert into user_sessions (id, tenant_id, router_id, service, protocol, username, status, start_time, last_seen_at,
      end_time, data_upload, data_download, login_earliest_at, login_latest_at, last_moved_at)
    select gen_random_uuid(), 't' || t, 'r' || n % 4, case n % 2 when 0 then 'ppp' else 'hotspot' end, 'pppoe',
      'user-' || n % 500, case when n > 5000 then 'active' else 'ended' end, at, at + interval '1 hour',
      case when n <= 5000 then at + interval '1 hour' end, 4, 8, at, at, at
    from (select t, n, timestamptz '2026-10-05 00:00Z' + n * interval '14 minutes' as at
      from generate_series(1, 5050) as n, generate_series(0, 7) as t) as s;
  insert into session_deltas
    select id, date_bin('15 minutes', start_time, 'epoch') + q * interval '15 minutes', tenant_id, 1, 2
    from user_sessions, generate_series(0, 3) as q;
  insert into usage_daily
    select d.tenant_id, (bucket_start at time zone 'UTC')::date, router_id, service, username, sum(upload), sum(download)
    from session_deltas as d join user_sessions as s on (s.tenant_id, s.id) = (d.tenant_id, session_id)
    group by 1, 2, 3, 4, 5;
  insert into tenant_usage_daily
    select tenant_id, day, router_id, service, sum(upload), sum(download) from usage_daily group by 1, 2, 3, 4;
  insert into alerts (tenant_id, number, rule, kind, scope, subject, period, ended_at, detail)
    select 't' || n % 8, n, 'rule-' || n % 3, case n % 4 when 0 then 'router_offline' else 'usage' end, 'router',
      'subject-' || n % 50, n, now(), '{}' from generate_series(1, 20000) as n;
  analyze`

const TENANT = tenantId('t7')
const FILTERS = { tenant: TENANT, user: undefined, router: undefined, service: undefined }

function daily(by: DailyBy, more: Partial<Omit<DailyQuestion, 'by'>> = {}): DailyQuestion {
  const days = { from: '2026-11-01', to: '2026-11-30' }
  return { kind: 'daily', ...FILTERS, ...days, by, order: 'key', after: undefined, ...more }
}

function sessions(more: Partial<SessionQuestion> = {}): SessionQuestion {
  const open = { openFrom: new Date('2026-11-01T00:00Z'), openBefore: new Date('2026-12-01T00:00Z') }
  return {
    kind: 'sessions',
    ...FILTERS,
    status: undefined,
    ...open,
    order: 'newest',
    after: undefined,
    ...more,
  }
}

type DailyQuestion = Extract<Question, { kind: 'daily' }>
type HoursQuestion = Extract<Question, { kind: 'hours' }>
type AlertsQuestion = Extract<Question, { kind: 'alerts' }>
type SessionQuestion = Extract<Question, { kind: 'sessions' }>

function hours(timezone: string, from: string, to: string): HoursQuestion {
  const calendar = new Calendar(timezone)
  const [startMs, endMs] = [calendar.dayNamed(from).startMs, calendar.dayNamed(to).endMs]
  return { kind: 'hours', ...FILTERS, hours: hoursOf(calendar, startMs, endMs), endMs }
}

function alerts(more: Partial<AlertsQuestion> = {}): AlertsQuestion {
  const all = { rule: undefined, alertKind: undefined, subject: undefined, after: undefined }
  return { kind: 'alerts', tenant: TENANT, ...all, ...more }
}

interface Plan {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly Plans?: readonly Plan[]
}

function scansOf(plan: Plan): readonly string[] {
  const own = plan['Node Type'] === 'Seq Scan' ? [plan['Relation Name'] ?? ''] : []
  return [...own, ...(plan.Plans ?? []).flatMap(scansOf)]
}

async function planOf(question: Question, limit: number | undefined): Promise<Plan> {
  const { sql, params } = queryOf(question, limit).toSQL()
  const { rows } = await observer.query(`explain (format json) ${inSchema(sql, undefined)}`, params)
  return rows[0]['QUERY PLAN'][0].Plan
}

test('no question of a tenant reads through a whole table', async () => {
  const cursor = { startTime: '2026-11-20T00:00:00.000Z', id: '00000000-0000-7000-8000-000000000000' }
  const questions: readonly (readonly [Question, number | undefined])[] = [
    ...(['day', 'month', 'user', 'router', 'service'] as const).map(by => [daily(by), 101] as const),
    [daily('day', { user: 'user-3' }), 101],
    [daily('user', { after: 'user-3' }), 101],
    [daily('user', { router: 'r1', service: 'ppp' }), undefined],
    [daily('user', { order: 'most', from: undefined, to: undefined }), 10],
    [hours('UTC', '2026-11-01', '2026-11-01'), 101],
    [{ ...hours('UTC', '2026-11-01', '2026-11-01'), user: 'user-3' }, 101],
    [sessions(), 101],
    [sessions({ after: cursor }), 101],
    [sessions({ status: 'active' }), 101],
    [sessions({ user: 'user-3', router: 'r1', service: 'ppp' }), 101],
    [sessions(), undefined],
    [alerts(), 101],
    [alerts({ after: '9000' }), 101],
    [alerts({ alertKind: 'router_offline', rule: 'rule-1', subject: 'subject-3' }), 101],
    [alerts({ alertKind: 'usage' }), undefined],
  ]
  for (const [question, limit] of questions) {
    const small = ['tenants', 'tenant_usage_daily']
    const scanned = scansOf(await planOf(question, limit)).filter(table => !small.includes(table))
    expect([question.kind, scanned]).toEqual([question.kind, []])
  }
})

test('hours of a tenant are found by the tenant, not among the buckets of all tenants', async () => {
  expect(JSON.stringify(await planOf(hours('UTC', '2026-11-01', '2026-11-20'), 101))).toMatch(
    /session_deltas_\d+_tenant_id_bucket_start_idx/,
  )
})

test('the hour that comes twice is two rows, each with its bytes and its instant', async () => {
  const counted = `select date_trunc('hour', bucket_start) as hour, sum(upload)::int8 as upload from session_deltas
    where tenant_id = 't7' and bucket_start >= '2026-10-24 22:00Z' and bucket_start < '2026-10-25 23:00Z' group by 1 order by 1`
  const { rows: truth } = await observer.query<{ hour: Date; upload: string }>(counted)
  const { rows } = await reader.page(hours('Europe/Berlin', '2026-10-25', '2026-10-25'), 1000, NEVER)
  expect(rows.map(row => [row[1], row[3]])).toEqual(
    truth.map(it => [it.hour.toISOString(), BigInt(it.upload)]),
  )
  expect(rows.map(row => row[2]).slice(2, 4)).toEqual(['2026-10-25T02:00+02:00', '2026-10-25T02:00+01:00'])
  expect(rows.length).toBe(25)
  const kolkata = await reader.page(hours('Asia/Kolkata', '2026-10-25', '2026-10-25'), 1, NEVER)
  expect(kolkata.rows[0]?.slice(1, 3)).toEqual(['2026-10-24T18:30:00.000Z', '2026-10-25T00:00+05:30'])
})

test('rows that are read slowly hold no snapshot, are of one moment, and leave the connection', async () => {
  const { lines } = await reader.all(daily('user'), undefined, NEVER)
  const held = `select count(*)::int as n from pg_stat_activity where application_name = 'reading' and backend_xmin is not null and datname = current_database()`
  expect((await observer.query(held)).rows).toEqual([{ n: 0 }])
  await observer.query(`insert into usage_daily values ('t7', '2026-11-02', 'r1', 'ppp', 'zz-late', 1, 1)`)
  const names: unknown[] = []
  for await (const some of lines)
    names.push(
      ...some
        .trimEnd()
        .split('\r\n')
        .map(line => line.split(',')[1]),
    )
  expect(names.length).toBe(500)
  expect(reader.borrowed).toBe(0)
  await observer.query(`delete from usage_daily where username = 'zz-late'`)
})

test('a reader that aborts gives the connection back, whether rows were awaited, half read or not begun', async () => {
  const waiting = new AbortController()
  await observer.query('begin; lock table usage_daily in access exclusive mode')
  const asked = reader.all(daily('user'), undefined, waiting.signal)
  const waits = `select count(*)::int as n from pg_stat_activity where application_name = 'reading' and wait_event_type = 'Lock'`
  const watcher = clientFor(scratch.url, 'watcher')
  await watcher.connect()
  await expect.poll(async () => (await watcher.query(waits)).rows[0].n).toBe(1)
  waiting.abort()
  await expect(asked).rejects.toMatchObject({ retryable: true })
  // PostgreSQL stops the query too.
  await expect.poll(async () => (await watcher.query(waits)).rows[0].n, { timeout: 5_000 }).toBe(0)
  await watcher.end()
  await observer.query('rollback')

  const halfway = new AbortController()
  const { lines } = await reader.all(sessions(), undefined, halfway.signal)
  await lines.next()
  halfway.abort()
  await expect(lines.next()).rejects.toMatchObject({ retryable: true })

  const unbegun = new AbortController()
  await reader.all(sessions(), undefined, unbegun.signal)
  unbegun.abort()
  const left = await reader.all(sessions(), undefined, NEVER)
  for await (const _ of left.lines) break
  expect(reader.borrowed).toBe(0)
  expect((await reader.page(daily('day'), 10, NEVER)).rows.length).toBe(10)
})

test('no question can change anything', async () => {
  const nasty = daily('user', { user: "x'; delete from usage_daily; --" })
  expect((await reader.page(nasty, 10, NEVER)).rows).toEqual([])
  const { rows } = await observer.query(`select count(*)::int > 0 as are from usage_daily`)
  expect(rows).toEqual([{ are: true }])
})
