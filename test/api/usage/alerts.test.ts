import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AlertJson } from '../../../src/accounting/alert.ts'
import { createLogger } from '../../../src/runtime/logger.ts'
import { AlertStore } from '../../../src/store/alerts/alert-store.ts'
import { acme, globex, initech, type TestApi } from '../http/api-fixture.ts'
import { AMPLE, addAlerts, ReadScene } from './read-scene.ts'

const ALERTS = 60

let scene: ReadScene
let api: TestApi
let record: AlertStore
beforeAll(async () => {
  scene = await ReadScene.open('acme', 'globex', 'initech')
  await addAlerts(scene.pool, 'acme', ALERTS)
  await addAlerts(scene.pool, 'globex', 3)
  api = await scene.api([acme, globex, initech])
  const { url } = scene
  record = new AlertStore({ url, log: createLogger('silent'), applicationName: 'alerts', connections: 1 })
})
afterAll(async () => {
  await record.stop()
  await scene.stop()
})

interface Told {
  readonly tenant: string
  readonly rows: readonly AlertJson[]
  readonly next_cursor: string | null
}

async function answered(query = '', token = 'acme'): Promise<Told> {
  const { status, text } = await api.ask(`/api/alerts${query}`, token)
  expect([status, text.slice(0, 16)]).toEqual([200, '{"success":true,'])
  return JSON.parse(text).data
}

async function allOf(query: string, limit: number): Promise<readonly AlertJson[]> {
  const rows: AlertJson[] = []
  let cursor = ''
  for (let pages = 0; pages < 100; pages++) {
    const page = await answered(`?${query}limit=${limit}${cursor}`)
    expect(page.rows.length).toBeLessThanOrEqual(limit)
    rows.push(...page.rows)
    if (page.next_cursor === null) return rows
    cursor = `&cursor=${page.next_cursor}`
  }
  throw new Error('the pages never end')
}

async function fault(query: string, token = 'acme'): Promise<string> {
  const { status, text } = await api.ask(`/api/alerts${query}`, token)
  expect(status).toBe(400)
  return JSON.parse(text).detail
}

/** What the feed shows, the newest last. */
async function shown(tenant: typeof acme): Promise<readonly AlertJson[]> {
  return (await record.recent([tenant], 1000)).get(tenant) ?? []
}

test('alerts are as the feed shows them, the newest first', async () => {
  const { tenant, rows, next_cursor } = await answered()
  expect([tenant, rows.length, next_cursor]).toEqual(['acme', ALERTS, null])
  expect(rows).toEqual([...(await shown(acme))].reverse())
  expect(new Set(rows.map(({ kind }) => kind)).size).toBe(4)
  expect(rows.filter(({ ended_at }) => ended_at !== null).length).toBe(10)
  expect((await answered('', 'initech')).rows).toEqual([])
})

test('pages of any size add up to all rows, in one order', async () => {
  const whole = await allOf('', 1000)
  for (const limit of [1, 7, ALERTS - 1, ALERTS]) expect(await allOf('', limit)).toEqual(whole)
})

test('an alert that fires between two pages is on none of the later ones, and shifts none', async () => {
  const before = await allOf('', 1000)
  const first = await answered('?limit=20')
  await scene.pool.query(
    `insert into alerts (tenant_id, number, rule, kind, scope, subject, period, detail)
       values ('acme', 1000000, 'late', 'usage', 'tenant', 'acme', '2026-11', '{"used": 2, "threshold": 1, "quota": null}')`,
  )
  const rest = await answered(`?limit=1000&cursor=${first.next_cursor}`)
  expect([...first.rows, ...rest.rows]).toEqual(before)
  expect((await answered('?limit=1')).rows).toMatchObject([
    { rule: 'late', scope: 'tenant', subject: 'acme' },
  ])
  await scene.pool.query(`delete from alerts where rule = 'late'`)
})

test('alerts are filtered by rule, kind and subject', async () => {
  const whole = await shown(acme)
  const newestFirst = (isAsked: (alert: AlertJson) => boolean) => whole.filter(isAsked).reverse()
  for (const [query, isAsked] of [
    ['rule=rule-1', it => it.rule === 'rule-1'],
    ['kind=usage', it => it.kind === 'usage'],
    ['kind=router_offline', it => it.kind === 'router_offline'],
    ['kind=session_stalled', it => it.kind === 'session_stalled'],
    ['kind=session_uncounted', it => it.kind === 'session_uncounted'],
    ['subject=user-3', it => it.subject === 'user-3'],
    ['rule=rule-0&kind=router_offline&subject=hq', it => it.subject === 'hq' && it.rule === 'rule-0'],
  ] satisfies readonly (readonly [string, (alert: AlertJson) => boolean])[]) {
    const asked = newestFirst(isAsked)
    expect([query, asked.length > 3]).toEqual([query, true])
    expect([query, (await answered(`?${query}`)).rows]).toEqual([query, asked])
    expect([query, await allOf(`${query}&`, 2)]).toEqual([query, asked])
  }
  for (const none of ['rule=nobody', 'subject=', 'kind=usage&subject=hq'])
    expect((await answered(`?${none}`)).rows).toEqual([])
})

test('alerts that were only counted are listed, and so is the alert with their number', async () => {
  await scene.pool.query(
    `insert into alerts (tenant_id, number, rule, kind, scope, subject, period, detail) values
       ('initech', 1, 'much', 'usage', 'user', 'ann', '2026-11',
         '{"used": 5, "threshold": 1, "quota": null, "source": "hq", "untold": true}'),
       ('initech', 2, 'much', 'more', 'router', 'hq', '2026-11-26T10:00:00.000Z', '{"count": 1}')`,
  )
  expect((await answered('', 'initech')).rows).toMatchObject([
    { kind: 'more', detail: { count: 1 } },
    { kind: 'usage', subject: 'ann', detail: { used: 5, threshold: 1, quota: null } },
  ])
  expect((await answered('?kind=more', 'initech')).rows).toHaveLength(1)
  expect(await shown(initech)).toMatchObject([{ kind: 'more' }])
  await scene.pool.query(`delete from alerts where rule = 'much'`)
})

test('bytes and quotas beyond 2^53 have all their digits', async () => {
  await scene.pool.query(
    `insert into alerts (tenant_id, number, rule, kind, scope, subject, period, detail) values ('initech', 1, 'much', 'usage', 'tenant',
       'initech', '2026-11', '{"used": 18014398509481985, "threshold": 9007199254740993, "quota": 9007199254740995}')`,
  )
  const detail = '"detail":{"used":18014398509481985,"threshold":9007199254740993,"quota":9007199254740995}}'
  expect((await api.ask('/api/alerts', 'initech')).text).toContain(detail)
  expect((await api.ask('/api/alerts?format=csv', 'initech')).text).toContain(
    ',18014398509481985,9007199254740993,9007199254740995,,,,,,,\r\n',
  )
  await scene.pool.query(`delete from alerts where rule = 'much'`)
})

test('CSV has all alerts, with a column for each detail of any kind', async () => {
  const { status, headers, text } = await api.ask('/api/alerts', 'acme', { headers: { Accept: 'text/csv' } })
  expect([status, headers['content-type']]).toEqual([200, 'text/csv; charset=utf-8'])
  const [head, ...lines] = text.replace('\ufeff', '').split('\r\n')
  expect(head).toBe(
    'id,rule,kind,scope,subject,period,fired_at,ended_at,used,threshold,quota,last_reading_at,error,' +
      'router,username,session_id,service,count',
  )
  expect(lines.pop()).toBe('')
  const alerts = [...(await shown(acme))].reverse()
  expect(lines).toEqual(
    alerts.map(({ id, rule, kind, scope, subject, period, fired_at, ended_at, detail }) => {
      const its: Readonly<Record<string, unknown>> = { ...detail }
      const cells = DETAIL_COLUMNS.map(name => its[name] ?? '')
      return [id, rule, kind, scope, subject, period, fired_at, ended_at ?? '', ...cells].join(',')
    }),
  )
  const some = await api.ask('/api/alerts?format=csv&kind=session_stalled', 'acme')
  expect(some.text.split('\r\n').length).toBe(8 + 2)
  expect(await fault('?format=csv&limit=3')).toBe('limit is for JSON: CSV has all rows')
})

const DETAIL_COLUMNS = [
  ...['used', 'threshold', 'quota', 'last_reading_at', 'error'],
  ...['router', 'username', 'session_id', 'service', 'count'],
]

test('a name that looks like a formula is text in CSV, and unchanged in JSON', async () => {
  await scene.pool.query(
    `insert into alerts (tenant_id, number, rule, kind, scope, subject, period, detail)
       values ('initech', 2, 'r', 'usage', 'user', '=1+1', '2026-11', '{"used": 2, "threshold": 1, "quota": null}')`,
  )
  expect((await api.ask('/api/alerts?format=csv', 'initech')).text).toContain(",user,'=1+1,2026-11,")
  expect((await answered('?subject=%3D1%2B1', 'initech')).rows).toMatchObject([{ subject: '=1+1' }])
  await scene.pool.query(`delete from alerts where subject = '=1+1'`)
})

test('someone else’s tenant does not exist, and an admin names one', async () => {
  expect((await answered('?tenant=globex', 'admin')).rows).toEqual([...(await shown(globex))].reverse())
  expect((await answered('?tenant=globex', 'globex')).rows).toHaveLength(3)
  const [theirs, nobodys] = [
    await api.ask('/api/alerts?tenant=globex', 'acme'),
    await api.ask('/api/alerts?tenant=nobody', 'acme'),
  ]
  expect([theirs.status, theirs.text]).toEqual([404, nobodys.text])
  expect(await fault('', 'admin')).toMatch(/must name the tenant/)
  expect((await api.ask('/api/alerts', '')).status).toBe(401)
})

test('a cursor of another question or tenant, or a made-up one, is refused', async () => {
  const { next_cursor: cursor } = await answered('?limit=1')
  expect((await answered(`?limit=7&tenant=acme&cursor=${cursor}`)).rows).toHaveLength(7)
  for (const [query, token] of [
    [`?kind=usage&cursor=${cursor}`, 'acme'],
    [`?limit=1&cursor=${cursor}`, 'globex'],
    [`?tenant=globex&cursor=${cursor}`, 'admin'],
  ] as const)
    expect(await fault(query, token)).toMatch(/^cursor belongs to another question/)
  const [fingerprint] = JSON.parse(Buffer.from(String(cursor), 'base64url').toString())
  for (const key of ['', '0', '-1', 'x', '1; drop', '9'.repeat(19)]) {
    const made = Buffer.from(JSON.stringify([fingerprint, '', '', key])).toString('base64url')
    expect([key, await fault(`?cursor=${made}`)]).toEqual([key, expect.stringMatching(/^cursor /)])
  }
})

test('all faults of a question are listed', async () => {
  expect(await fault('?kind=weather&limit=0&rule=%00')).toBe(
    'limit is not a number from 1 to 1000; rule contains a NUL; kind is not one of usage, router_offline, session_stalled, session_uncounted, more',
  )
  expect(await fault('?from=2026-11-01')).toBe('unknown query parameter: from')
})

test('a known answer is 304 until an alert ends', async () => {
  const query = '/api/alerts?kind=router_offline'
  const first = await api.ask(query, 'acme')
  const headers = { 'If-None-Match': String(first.headers['etag']) }
  expect(await api.ask(query, 'acme', { headers })).toMatchObject({ status: 304, text: '' })
  const head = await api.ask(query, 'acme', { method: 'HEAD' })
  expect([head.status, head.headers['etag'], head.text]).toEqual([200, first.headers['etag'], ''])
  await scene.pool.query(`update alerts set ended_at = now() where tenant_id = 'acme' and id = 3`)
  expect((await api.ask(query, 'acme', { headers })).status).toBe(200)
  await scene.pool.query(`update alerts set ended_at = null where tenant_id = 'acme' and id = 3`)
})

test('alerts count toward the same limits as usage', async () => {
  const limits = { ...AMPLE, requestsAtOnce: 2, requestsPerSecond: 0.001 }
  const strict = await scene.api([acme], { limits })
  expect((await strict.ask('/api/usage', 'acme')).status).toBe(200)
  expect((await strict.ask('/api/alerts', 'acme')).status).toBe(200)
  expect((await strict.ask('/api/alerts', 'acme')).status).toBe(429)
})

test('a database that does not answer is 503', async () => {
  await scene.pool.query('alter table alerts rename to alerts_away')
  expect((await api.ask('/api/alerts', 'acme')).status).toBe(503)
  expect((await api.ask('/api/alerts?format=csv', 'acme')).status).toBe(503)
  await scene.pool.query('alter table alerts_away rename to alerts')
  expect((await api.ask('/api/alerts', 'acme')).status).toBe(200)
})
