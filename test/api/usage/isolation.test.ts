import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TenantId } from '../../../src/accounting/ids.ts'
import { dashboardRoutes } from '../../../src/api/pages/dashboard-stats.ts'
import { expected, tried } from '../../harness/random-runs.ts'
import { acme, globex, source, type TestApi } from '../http/api-fixture.ts'
import { addAlerts, addSessions, ReadScene } from './read-scene.ts'

/** Two daemons that differ only in globex: one has it, the other never had it. */
let shared: ReadScene
let alone: ReadScene
let withOther: TestApi
let withoutOther: TestApi
/** Texts from globex' own pages, or an admin's pages of it. */
const theirCursors: string[] = []

beforeAll(async () => {
  shared = await ReadScene.open('acme', 'globex')
  alone = await ReadScene.open('acme')
  for (const { pool } of [shared, alone]) {
    await addSessions(pool, 'acme', { sessions: 60, everyHours: 13, seed: 1 })
    await addAlerts(pool, 'acme', 60)
  }
  await addSessions(shared.pool, 'globex', { sessions: 90, everyHours: 9, seed: 400 })
  await addAlerts(shared.pool, 'globex', 60)
  await shared.pool.query(`
    insert into routers (tenant_id, id, name, host) values ('globex', 'their-router', 'R', '10.0.0.1');
    insert into usage_daily values ('globex', '2026-11-20', 'their-router', 'ppp', 'their-user', 7, 7);
    insert into tenant_usage_daily values ('globex', '2026-11-20', 'their-router', 'ppp', 7, 7);
    insert into alerts (tenant_id, number, rule, kind, scope, subject, period, detail)
      values ('globex', 99, 'their-rule', 'usage', 'user', 'their-user', '2026-11', '{"used": 7, "threshold": 7}')`)
  withOther = await apiOf(shared, [acme, globex])
  withoutOther = await apiOf(alone, [acme])
  for (const [path, token] of [
    ['/api/usage?by=day&limit=1', 'globex'],
    ['/api/usage?by=user&limit=1&tenant=globex', 'admin'],
    ['/api/sessions?limit=1', 'globex'],
    ['/api/alerts?limit=1', 'globex'],
  ] as const)
    theirCursors.push(JSON.parse((await withOther.ask(path, token)).text).data.next_cursor)
})
afterAll(async () => {
  await shared.stop()
  await alone.stop()
})

function apiOf(scene: ReadScene, tenants: readonly TenantId[]): Promise<TestApi> {
  const stats = { ...source, tenants: () => tenants }
  return scene.api(tenants, { routes: dashboardRoutes(stats, scene.clock) })
}

/** Everything in an answer, except the time and the connection. */
async function answerTo(
  api: TestApi,
  asked: Asked,
): Promise<{ readonly status: number; readonly all: string }> {
  const query = new URLSearchParams(asked.query.map(([name, value]): [string, string] => [name, value]))
  const { method, accept } = asked
  const headers = { Accept: accept, ...(asked.known === undefined ? {} : { 'If-None-Match': asked.known }) }
  const answer = await api.ask(`${asked.path}?${query}`, 'acme', { method, headers })
  const { date: _date, connection: _connection, ...rest } = answer.headers
  return { status: answer.status, all: JSON.stringify([answer.status, rest, answer.text]) }
}

interface Asked {
  readonly path: string
  readonly method: string
  readonly accept: string
  readonly known: string | undefined
  readonly query: readonly (readonly [string, string])[]
}

const PATHS = [
  '/api/usage',
  '/api/usage/top',
  '/api/usage/forecast',
  '/api/sessions',
  '/api/alerts',
  '/api/dashboard/stats',
  '/api/system/dashboard/stats',
]
const OTHERS = ['/healthz', '/readyz', '/ws', '/api', '/api/globex/usage', '/api/globex/alerts']
const NAMES = [
  'globex',
  'acme',
  'nobody',
  'GLOBEX',
  'globex%',
  '',
  'their-user',
  'their-router',
  'their-rule',
  'rule-1',
  'user-1',
  'hq',
  'hill',
]
const DAYS = ['2026-11-01', '2026-11-20', '2026-11-24', '2026-10-20', '2025-12-31', '2026-02-30']
const COUNTS = ['1', '2', '100', '1000', '1001', 'x']

const oneOf = (...values: readonly string[]) => fc.constantFrom(...values)
const named = (name: string, value: fc.Arbitrary<string>): fc.Arbitrary<readonly [string, string]> =>
  value.map(it => [name, it])

const COMMON = ['tenant', 'limit', 'format']
const FILTERS = [...COMMON, 'from', 'to', 'user', 'router', 'service', 'cursor']
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  '/api/usage': [...FILTERS, 'by'],
  '/api/usage/top': [...COMMON, 'period'],
  '/api/usage/forecast': ['tenant', 'user'],
  '/api/sessions': [...FILTERS, 'status'],
  '/api/alerts': [...COMMON, 'rule', 'kind', 'subject', 'cursor'],
  '/api/dashboard/stats': ['tenant'],
}

const query = fc.shuffledSubarray(
  [
    'tenant',
    'from',
    'to',
    'by',
    'user',
    'router',
    'service',
    'status',
    'period',
    'rule',
    'kind',
    'subject',
    'limit',
    'format',
    'cursor',
  ],
  { minLength: 1 },
)
const values: Readonly<Record<string, fc.Arbitrary<string>>> = {
  tenant: oneOf('acme', ...NAMES),
  from: oneOf(...DAYS),
  to: oneOf(...DAYS),
  by: oneOf('hour', 'day', 'month', 'user', 'router', 'service', 'tenant'),
  user: oneOf(...NAMES),
  router: oneOf(...NAMES),
  service: oneOf('ppp', 'hotspot', 'globex'),
  status: oneOf('active', 'ended'),
  period: oneOf('today', 'month', 'all'),
  rule: oneOf(...NAMES),
  kind: oneOf('usage', 'router_offline', 'session_stalled', 'session_uncounted', 'more', 'globex'),
  subject: oneOf(...NAMES),
  limit: oneOf(...COUNTS),
  format: oneOf('json', 'csv'),
  cursor: fc.nat({ max: 3 }).map(n => theirCursors[n] ?? ''),
}

const asked: fc.Arbitrary<Asked> = fc
  .record({
    path: fc.oneof({ weight: 9, arbitrary: oneOf(...PATHS) }, { weight: 1, arbitrary: oneOf(...OTHERS) }),
    method: fc.oneof(
      { weight: 9, arbitrary: fc.constant('GET') },
      { weight: 1, arbitrary: oneOf('HEAD', 'OPTIONS', 'POST') },
    ),
    accept: oneOf('*/*', 'application/json', 'text/csv'),
    known: fc.option(oneOf('*', '"x"'), { freq: 2, nil: undefined }),
    names: query,
    isTidy: fc.nat({ max: 9 }).map(n => n > 0),
  })
  .chain(({ names, isTidy, ...rest }) => {
    const kept = isTidy ? names.filter(name => KNOWN[rest.path]?.includes(name)) : names
    const given = kept.map(name => named(name, values[name] ?? fc.constant('')))
    return fc.tuple(...given).map(its => ({ ...rest, query: its }))
  })

test('no answer to a tenant reveals whether another one exists', async () => {
  const statuses = new Map<number, number>()
  await fc.assert(
    fc.asyncProperty(asked, async question => {
      const [one, other] = [await answerTo(withOther, question), await answerTo(withoutOther, question)]
      statuses.set(one.status, (statuses.get(one.status) ?? 0) + 1)
      expect(one.all).toBe(other.all)
    }),
    tried(150, 600),
  )
  // Not all of them were refused for another reason.
  expect(statuses.get(200)).toBeGreaterThan(expected(15, 60))
  expect(statuses.get(404)).toBeGreaterThan(expected(7, 30))
}, 120_000)

test('another’s tenant, named on every page, is letter by letter like one that does not exist', async () => {
  for (const path of PATHS.filter(it => it !== '/api/system/dashboard/stats'))
    for (const more of [
      '',
      '&format=csv',
      '&limit=0',
      '&cursor=x',
      '&by=hour',
      '&user=their-user',
      '&subject=their-user',
    ]) {
      const [theirs, nobodys] = [
        await withOther.ask(`${path}?tenant=globex${more}`, 'acme'),
        await withOther.ask(`${path}?tenant=nobody${more}`, 'acme'),
      ]
      expect([theirs.status, theirs.text]).toEqual([nobodys.status, nobodys.text])
      expect([400, 404]).toContain(theirs.status)
    }
})

test('a tenant’s names are only in its own and admins’ answers', async () => {
  const own = await withOther.ask('/api/usage?by=user', 'globex')
  expect(own.text).toContain('their-user')
  expect((await withOther.ask('/api/usage?by=user&tenant=globex', 'admin')).text).toContain('their-user')
  expect((await withOther.ask('/api/alerts', 'globex')).text).toContain('their-user')
  for (const path of ['/api/usage?by=user', '/api/alerts'])
    expect((await withOther.ask(path, 'acme')).text).not.toMatch(/their|globex/)
})
