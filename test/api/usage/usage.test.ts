import { afterAll, beforeAll, expect, test } from 'vitest'
import { acme, globex, type TestApi } from '../http/api-fixture.ts'
import { addSessions, ReadScene } from './read-scene.ts'

interface Told {
  readonly rows: readonly Readonly<Record<string, string | number | null>>[]
  readonly next_cursor?: string | null
  readonly [name: string]: unknown
}

let scene: ReadScene
let api: TestApi
beforeAll(async () => {
  scene = await ReadScene.open('acme', 'globex')
  await addSessions(scene.pool, 'acme', { sessions: 60, everyHours: 13, seed: 1 })
  api = await scene.api([acme, globex])
})
afterAll(() => scene.stop())

async function answered(path: string, token = 'acme'): Promise<Told> {
  const { status, text } = await api.ask(path, token)
  expect([status, text.slice(0, 16)]).toEqual([200, '{"success":true,'])
  return JSON.parse(text).data
}

async function fault(path: string, token = 'acme'): Promise<string> {
  const { status, text } = await api.ask(path, token)
  expect(status).toBe(400)
  return JSON.parse(text).detail
}

async function allOf(path: string, limit: number): Promise<Told['rows']> {
  const rows: Told['rows'][number][] = []
  let cursor = ''
  for (let pages = 0; pages < 500; pages++) {
    const page = await answered(`${path}&limit=${limit}${cursor}`)
    expect(page.rows.length).toBeLessThanOrEqual(limit)
    rows.push(...page.rows)
    if (page.next_cursor == null) return rows
    cursor = `&cursor=${page.next_cursor}`
  }
  throw new Error('the pages never end')
}

function usedIn(rows: Told['rows']): number {
  return rows.reduce((sum, row) => sum + Number(row['used']), 0)
}

const ALL_DAYS = 'from=2026-10-01&to=2026-11-30'

test('the bytes by day, month, user, router and service add up to the same', async () => {
  const moved = await scene.pool.query('select sum(data_used)::int8 as used from user_sessions')
  const { used } = moved.rows[0]
  for (const by of ['day', 'month', 'user', 'router', 'service'])
    expect([by, usedIn((await answered(`/api/usage?by=${by}&limit=1000&${ALL_DAYS}`)).rows)]).toEqual([
      by,
      Number(used),
    ])
  expect(Object.keys((await answered(`/api/usage?by=user&${ALL_DAYS}`)).rows[0] ?? {})).toEqual([
    ...['tenant', 'username', 'upload', 'download', 'used'],
  ])
})

test('hours add up to the tenant’s days', async () => {
  const days = (await answered('/api/usage?by=day&from=2026-11-01&to=2026-11-20')).rows
  expect(days.length).toBeGreaterThan(5)
  for (const { day, used } of days) {
    const { rows } = await answered(`/api/usage?by=hour&from=${day}&to=${day}`)
    expect([day, usedIn(rows)]).toEqual([day, used])
    for (const row of rows)
      expect(String(row['local_hour'])).toMatch(new RegExp(`^${day}T\\d\\d:00\\+03:00$`))
  }
  const { rows } = await answered(
    '/api/usage?by=hour&from=2026-11-01&to=2026-11-20&user=user-3&router=hill&service=ppp',
  )
  const only = await answered(
    '/api/usage?by=day&from=2026-11-01&to=2026-11-20&user=user-3&router=hill&service=ppp',
  )
  expect(usedIn(rows)).toBe(usedIn(only.rows))
  expect(usedIn(rows)).toBeGreaterThan(0)
})

test('pages of any size add up to all rows, in one order', async () => {
  for (const path of [
    ...['hour', 'day', 'user', 'router', 'service'].map(
      by => `/api/usage?by=${by}&from=2026-11-01&to=2026-11-30`,
    ),
    `/api/usage?by=month&${ALL_DAYS}`,
    `/api/sessions?${ALL_DAYS}`,
    `/api/sessions?status=active&${ALL_DAYS}`,
  ]) {
    const whole = await allOf(path, 1000)
    expect(whole.length).toBeGreaterThan(1)
    for (const limit of [1, 3, whole.length - 1, whole.length])
      expect(await allOf(path, Math.max(1, limit))).toEqual(whole)
  }
})

test('sessions are those open on the days, the newest first, and a new one shifts no page', async () => {
  const path = '/api/sessions?from=2026-11-10&to=2026-11-12'
  const before = await allOf(path, 1000)
  const starts = before.map(row => String(row['start_time']))
  expect(starts).toEqual([...starts].sort().reverse())
  expect(before.filter(row => row['status'] === 'active').length).toBeGreaterThan(1)
  const first = await answered(`${path}&limit=2`)
  await addSession('ffffffff-0000-7000-8000-000000000000', '2026-11-12T20:59:00Z')
  const rest = await allOf(`${path}&cursor=${first.next_cursor}`, 1000)
  expect([...first.rows, ...rest]).toEqual(before)
  expect((await allOf(path, 1000)).length).toBe(before.length + 1)
  await scene.pool.query(`delete from user_sessions where username = 'late'`)
})

async function addSession(id: string, at: string): Promise<void> {
  await scene.pool.query(`insert into user_sessions (id, tenant_id, router_id, service, protocol, username, status,
      start_time, last_seen_at, data_upload, data_download, login_earliest_at, login_latest_at, last_moved_at)
    select '${id}', 'acme', 'hq', 'ppp', 'pppoe', 'late', 'active', at, at, 0, 0, at, at, at
    from (select timestamptz '${at}' as at) as t`)
}

test('a cursor of another question or tenant, or a made-up one, is refused', async () => {
  const { next_cursor: cursor } = await answered('/api/usage?by=day&limit=1')
  expect(await answered(`/api/usage?by=day&limit=7&tenant=acme&cursor=${cursor}`)).toMatchObject({
    by: 'day',
  })
  for (const path of [
    '/api/usage?by=user',
    '/api/usage?by=day&user=user-1',
    '/api/usage?by=day&from=2026-11-01',
    '/api/sessions?',
  ])
    expect(await fault(`${path}&cursor=${cursor}`)).toMatch(/^cursor belongs to another question/)
  expect(await fault(`/api/usage?by=day&limit=1&cursor=${cursor}`, 'globex')).toMatch(/^cursor /)
  expect(await fault(`/api/usage?by=day&limit=1&tenant=globex&cursor=${cursor}`, 'admin')).toMatch(/^cursor /)
  const [fingerprint] = JSON.parse(Buffer.from(String(cursor), 'base64url').toString())
  const forged = [
    ['x'],
    [fingerprint],
    [fingerprint, '2026-11-01', '2026-11-30', "1'; drop"],
    [fingerprint, 'x', 'y', '2026-11-02'],
    { a: 1 },
  ]
  for (const made of [
    ...forged.map(it => Buffer.from(JSON.stringify(it)).toString('base64url')),
    '',
    '%00',
    'a'.repeat(9000),
  ])
    expect(await fault(`/api/usage?by=day&cursor=${made}`)).toMatch(/^cursor /)
  const years = Buffer.from(JSON.stringify([fingerprint, '1990-01-01', '2026-11-30', '2026-11-02'])).toString(
    'base64url',
  )
  expect(await fault(`/api/usage?by=day&cursor=${years}`)).toMatch(/800/)
})

test('the top are the subscribers with the most bytes, today, this month or ever', async () => {
  for (const [period, from] of [
    ['today', '2026-11-24'],
    ['month', '2026-11-01'],
    ['all', '2026-01-01'],
  ]) {
    const { rows } = await answered(`/api/usage/top?period=${period}&limit=3`)
    const users = [...(await answered(`/api/usage?by=user&limit=1000&from=${from}&to=2026-12-31`)).rows]
    users.sort(
      (a, b) =>
        Number(b['used']) - Number(a['used']) || (String(a['username']) < String(b['username']) ? -1 : 1),
    )
    expect(rows).toEqual(users.slice(0, 3))
  }
  expect((await answered('/api/usage/top')).rows.length).toBe(7)
})

test('a sum beyond 2^53 has all its digits', async () => {
  const most = Number.MAX_SAFE_INTEGER
  await scene.pool.query(
    `insert into usage_daily values ('globex', '2026-11-02', 'hq', 'ppp', 'a', ${most}, 0), ('globex', '2026-11-02', 'hq', 'ppp', 'b', ${most}, 2)`,
  )
  const { text } = await api.ask('/api/usage?by=day&user=a', 'globex')
  expect(text).toContain('"upload":9007199254740991,')
  await scene.pool.query(`update usage_daily set username = 'a', router_id = 'hill' where username = 'b'`)
  expect((await api.ask('/api/usage?by=user', 'globex')).text).toContain(
    '"upload":18014398509481982,"download":2,"used":18014398509481984}',
  )
})

test('all faults of a question are listed, with their parameters', async () => {
  expect(await fault('/api/usage?by=week&from=2026-02-30&limit=0&service=x')).toBe(
    'limit is not a number from 1 to 1000; by is not one of hour, day, month, user, router, service; ' +
      'service is not one of hotspot, ppp; from is not a day such as 2026-11-24',
  )
  expect(await fault('/api/usage?from=2026-11-02&to=2026-11-01')).toBe('from is after to')
  expect(await fault('/api/usage?by=hour&from=2026-10-01&to=2026-11-01')).toMatch(
    /^from and to span 32 days: by hour at most 31 /,
  )
  expect(await fault('/api/usage?from=2024-01-01&to=2026-11-01')).toMatch(
    /span 1036 days: by day at most 800 /,
  )
  expect(await fault('/api/usage?from=99999-01-01')).toMatch(/^from is not a day/)
  expect(await fault('/api/usage?user=%00')).toBe('user contains a NUL')
  expect(await fault('/api/usage?days=3')).toBe('unknown query parameter: days')
  expect(await fault('/api/usage?by=day&by=user')).toBe('query parameter given twice: by')
  expect(await fault('/api/sessions?status=open')).toBe('status is not one of active, ended')
  expect(await fault('/api/usage/top?period=year&limit=1001')).toMatch(/^limit .*; period is not one of/)
  expect(await fault('/api/usage?format=csv&limit=3')).toBe('limit is for JSON: CSV has all rows')
})

test('the default is this month; from a day, until today; to a day, from the first of its month', async () => {
  expect(await answered('/api/usage')).toMatchObject({
    from: '2026-11-01',
    to: '2026-11-30',
    timezone: 'Africa/Nairobi',
  })
  expect(await answered('/api/usage?from=2026-11-09')).toMatchObject({ from: '2026-11-09', to: '2026-11-24' })
  expect(await answered('/api/usage?to=2026-10-09')).toMatchObject({ from: '2026-10-01', to: '2026-10-09' })
  expect(await answered('/api/sessions?from=2027-01-01')).toMatchObject({
    from: '2027-01-01',
    to: '2027-01-01',
  })
})

test('an unchanged answer is 304, and a changed one is complete', async () => {
  const first = await api.ask('/api/usage?by=month', 'acme')
  const etag = String(first.headers.etag)
  expect(first.headers['cache-control']).toBe('private, no-cache')
  for (const known of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
    const again = await api.ask('/api/usage?by=month', 'acme', { headers: { 'If-None-Match': known } })
    expect([again.status, again.text, again.headers.etag]).toEqual([304, '', etag])
    expect(again.headers['content-length']).toBeUndefined()
  }
  await scene.pool.query(
    `update tenant_usage_daily set upload = upload + 1 where tenant_id = 'acme' and day = '2026-11-20'`,
  )
  const later = await api.ask('/api/usage?by=month', 'acme', { headers: { 'If-None-Match': etag } })
  expect(later.status).toBe(200)
  expect(later.headers.etag).not.toBe(etag)
  await scene.pool.query(
    `update tenant_usage_daily set upload = upload - 1 where tenant_id = 'acme' and day = '2026-11-20'`,
  )
})

test('an answer of a replica says how far it lags, and its forecast is of then', async () => {
  const replica = { isUp: true, lagMs: undefined as number | undefined }
  const lagging = await scene.api([acme], { replica })
  const lagOf = async (path: string) => (await lagging.ask(path, 'acme')).headers['tikmeter-replica-lag']
  expect(await lagOf('/api/usage')).toBeUndefined()
  replica.lagMs = 89_001
  for (const path of ['/api/usage', '/api/usage?format=csv', '/api/sessions', '/api/usage/forecast'])
    expect(await lagOf(path), path).toBe('90')
  expect(await lagOf('/api/usage?by=nothing')).toBeUndefined()
  const { data } = JSON.parse((await lagging.ask('/api/usage/forecast', 'acme')).text)
  const current = JSON.parse((await api.ask('/api/usage/forecast', 'acme')).text).data
  expect(Date.parse(current.as_of) - Date.parse(data.as_of)).toBe(120_000)
  expect((await api.ask('/api/usage', 'acme')).headers['tikmeter-replica-lag']).toBeUndefined()
})

test('a session has its server, caller and binding, in the last columns of CSV', async () => {
  const { text } = await api.ask(`/api/sessions?format=csv&${ALL_DAYS}`, 'acme')
  expect(text.replace('\ufeff', '').split('\r\n')[0]).toBe(
    'tenant,id,router,service,protocol,username,ip_address,mac_address,status,start_time,end_time,end_reason,' +
      'upload,download,used,server,caller_id,binding,domain',
  )
  const rows = await allOf(`/api/sessions?${ALL_DAYS}`, 1000)
  expect(rows.find(it => it['domain'] !== null)).toMatchObject({
    ...{ server: 'hotspot1', caller_id: null, binding: null, domain: 'north.example' },
  })
  expect(rows.find(it => it['binding'] !== null)).toMatchObject({
    ...{ server: null, caller_id: '02:00:00:00:00:02', binding: 'pppoe-ann', domain: null },
  })
})

test('CSV has all rows that the pages have, by format or by Accept', async () => {
  const byFormat = await api.ask(`/api/sessions?format=csv&${ALL_DAYS}`, 'acme')
  expect(byFormat.headers['content-type']).toBe('text/csv; charset=utf-8')
  const rows = await allOf(`/api/sessions?${ALL_DAYS}`, 1000)
  const lines = rows.map(row =>
    Object.values(row)
      .map(value => value ?? '')
      .join(','),
  )
  expect(byFormat.text).toBe(`\ufeff${[Object.keys(rows[0] ?? {}).join(','), ...lines, ''].join('\r\n')}`)
  const byAccept = (accept: string, path = '') =>
    api.ask(`/api/sessions?${ALL_DAYS}${path}`, 'acme', { headers: { Accept: accept } })
  expect((await byAccept('text/csv')).text).toBe(byFormat.text)
  expect((await byAccept('application/json;q=0.5, text/csv')).text).toBe(byFormat.text)
  for (const [accept, path] of [
    ['application/json, text/csv;q=0.5', ''],
    ['*/*', ''],
    ['text/csv', '&format=json'],
  ] as const)
    expect((await byAccept(accept, path)).headers['content-type']).toMatch(/json/)
  const empty = await api.ask('/api/usage?format=csv&from=2027-01-01', 'acme')
  expect(empty.text).toBe('\ufefftenant,day,upload,download,used\r\n')
  const head = await api.ask(`/api/sessions?format=csv&${ALL_DAYS}`, 'acme', { method: 'HEAD' })
  expect([head.status, head.text, head.headers['content-type']]).toEqual([200, '', 'text/csv; charset=utf-8'])
})

test('a name that begins like a formula is text in CSV', async () => {
  await scene.pool.query(
    `insert into usage_daily values ('globex', '2026-11-03', 'hq', 'ppp', '=cmd|calc', 1, 0)`,
  )
  const { text } = await api.ask('/api/usage?format=csv&by=user&from=2026-11-03', 'globex')
  expect(text).toContain("\r\nglobex,'=cmd|calc,1,0,1\r\n")
})
