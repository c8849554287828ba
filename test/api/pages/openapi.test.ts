import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import * as formats from 'ajv-formats'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { methodsOf, type Route, webSocketRoute } from '../../../src/api/http/routes.ts'
import { broadcastingRoute } from '../../../src/api/pages/broadcasting.ts'
import { dashboardRoutes } from '../../../src/api/pages/dashboard-stats.ts'
import { healthRoutes, type Readiness } from '../../../src/api/pages/health.ts'
import { PusherApp } from '../../../src/feed/pusher/app.ts'
import { AMPLE_LIMITS } from '../http/ample-strangers.ts'
import { acme, globex, source, type TestApi } from '../http/api-fixture.ts'
import { metricsOf } from '../metrics/measures.ts'
import { AMPLE, addAlerts, addSessions, ReadScene } from '../usage/read-scene.ts'

interface Named {
  readonly name?: string
  readonly in?: string
  readonly $ref?: string
}

interface Operation {
  readonly parameters?: readonly Named[]
  readonly responses: Readonly<
    Record<string, { readonly $ref?: string; readonly content?: Record<string, unknown> }>
  >
}

interface Document {
  readonly paths: Readonly<Record<string, { readonly get?: Operation; readonly post?: Operation }>>
  readonly components: {
    readonly parameters: Readonly<Record<string, Named>>
    readonly responses: Readonly<Record<string, { readonly content: Record<string, unknown> }>>
  }
}

const document: Document = parse(readFileSync('config/openapi.yaml', 'utf8'))
const ajv = new Ajv2020({ strict: false, allErrors: true })
formats.default.default(ajv)
ajv.addSchema(document, 'openapi')

const app = new PusherApp({ key: 'key', secret: 'secret' })
const down: Readiness = {
  database: () => 'down',
  pollers: () => 'stopped',
  journal: () => 'failing',
  bus: () => undefined,
  replica: () => undefined,
}
const LIMITS = { ...AMPLE, requestsAtOnce: 1, requestsPerSecond: 0.001 }

let scene: ReadScene
let api: TestApi
let strict: TestApi
/** One request of each kind without a token. */
let crowded: TestApi
let routes: readonly Route[]
beforeAll(async () => {
  scene = await ReadScene.open('acme', 'globex')
  await addSessions(scene.pool, 'acme', { sessions: 60, everyHours: 13, seed: 1 })
  await addAlerts(scene.pool, 'acme', 60)
  const more = [
    metricsOf(),
    webSocketRoute(`/app/${app.key}`, ['protocol', 'client', 'version', 'flash']),
    broadcastingRoute(app, source),
  ]
  api = await scene.api([acme, globex], { routes: more })
  strict = await scene.api([acme, globex], {
    limits: LIMITS,
    routes: [...healthRoutes(down), metricsOf({ token: () => 'the-token' })],
  })
  const limits = { ...AMPLE_LIMITS, addressRequestsPerSecond: 1 }
  crowded = await scene.api([acme, globex], { routes: more, strangers: { limits } })
  routes = [
    ...healthRoutes(down),
    ...dashboardRoutes(source, scene.clock),
    ...scene.routes,
    ...more,
    webSocketRoute('/ws', []),
  ]
})
afterAll(() => scene.stop())

function operationOf(path: string): { readonly operation: Operation; readonly at: string } {
  const { get, post } = document.paths[path] ?? {}
  const operation = get ?? post
  if (operation === undefined) throw new Error(`${path} is not in the file`)
  return { operation, at: `openapi#/paths/${path.replaceAll('/', '~1')}/${get ? 'get' : 'post'}` }
}

/** The place of an answer's schema, by its status and media type. */
function schemaOf(path: string, status: number, type: string): string | undefined {
  const { operation, at } = operationOf(path)
  const response = operation.responses[status]
  if (response === undefined) throw new Error(`${path} has no ${status} in the file`)
  const shared = response.$ref?.split('/').at(-1)
  const content = shared === undefined ? response.content : document.components.responses[shared]?.content
  if (content === undefined) return undefined
  if (!(type in content)) throw new Error(`${path} has no ${type} for ${status} in the file`)
  const place = shared === undefined ? `${at}/responses/${status}` : `openapi#/components/responses/${shared}`
  return `${place}/content/${type.replaceAll('/', '~1').replaceAll('+', '%2B')}/schema`
}

test('the file has exactly the daemon’s pages, with their methods and query parameters', () => {
  const served = routes.map(route => [
    route.path.replace('/app/key', '/app/{key}'),
    methodsOf(route)[0]?.toLowerCase(),
    [...route.parameters].sort(),
  ])
  const filed = Object.entries(document.paths).map(([path, { get }]) => {
    const named = (operationOf(path).operation.parameters ?? []).map(
      it => document.components.parameters[it.$ref?.split('/').at(-1) ?? ''] ?? it,
    )
    const names = named.filter(it => it.in === 'query').map(it => it.name ?? '')
    return [path, get ? 'get' : 'post', names.sort()]
  })
  expect(served.sort()).toEqual(filed.sort())
})

const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' }
const CHANNEL = 'socket_id=1.2&channel_name=private-tenant.acme.dashboard-stats'
const ALL_DAYS = 'from=2026-10-01&to=2026-11-30'

type Ask = readonly [
  path: string,
  query: string,
  token: string,
  status: number,
  more?: Readonly<{ method?: string; headers?: Record<string, string>; body?: string }>,
]

const READ = ['/api/usage', '/api/usage/top', '/api/sessions', '/api/alerts']
const FORECAST = '/api/usage/forecast'
const ASKED: readonly Ask[] = [
  ...['/healthz', '/readyz', '/metrics'].flatMap(
    path =>
      [
        [path, '', '', 200],
        [path, 'x=1', '', 400],
      ] as const,
  ),
  ...['/ws', '/app/{key}'].flatMap(
    path =>
      [
        [path, '', '', 426],
        [path, 'x=1', '', 400],
      ] as const,
  ),
  ...['/api/dashboard/stats', FORECAST, ...READ].flatMap(
    path =>
      [
        ...[
          [path, '', 'acme', 200],
          [path, 'tenant=globex', 'admin', 200],
          [path, '', 'admin', 400],
          [path, 'x=1', 'acme', 400],
        ],
        ...[
          [path, '', '', 401],
          [path, '', 'forged', 401],
          [path, 'tenant=globex', 'acme', 404],
          [path, '', 'later', 503],
        ],
      ] as const,
  ),
  ...READ.flatMap(
    path =>
      [
        [path, 'format=csv', 'acme', 200],
        [path, 'limit=0', 'acme', 400],
        [path, '', 'acme', 304, { headers: { 'If-None-Match': '*' } }],
      ] as const,
  ),
  ...['day', 'month', 'user', 'router', 'service'].map(
    by => ['/api/usage', `by=${by}&limit=3&${ALL_DAYS}`, 'acme', 200] as const,
  ),
  ['/api/usage', 'by=hour&from=2026-11-01&to=2026-11-20&limit=1000', 'acme', 200],
  ['/api/usage/top', 'period=all', 'acme', 200],
  [FORECAST, 'user=user-1', 'acme', 200],
  [FORECAST, 'user=nobody', 'acme', 200],
  [FORECAST, '', 'acme', 304, { headers: { 'If-None-Match': '*' } }],
  ['/api/sessions', `limit=1000&${ALL_DAYS}`, 'acme', 200],
  ...['usage', 'router_offline', 'session_stalled', 'session_uncounted', 'more'].map(
    kind => ['/api/alerts', `kind=${kind}`, 'acme', 200] as const,
  ),
  ['/api/system/dashboard/stats', '', 'admin', 200],
  ['/api/system/dashboard/stats', '', 'acme', 403],
  ['/api/system/dashboard/stats', 'x=1', 'admin', 400],
  ['/api/system/dashboard/stats', '', '', 401],
  ['/api/system/dashboard/stats', '', 'later', 503],
  ['/broadcasting/auth', '', 'acme', 200, { method: 'POST', headers: FORM, body: CHANNEL }],
  ['/broadcasting/auth', '', 'globex', 403, { method: 'POST', headers: FORM, body: CHANNEL }],
  ['/broadcasting/auth', '', 'acme', 400, { method: 'POST', headers: FORM, body: 'x=1' }],
  ['/broadcasting/auth', '', 'acme', 413, { method: 'POST', headers: FORM, body: 'x'.repeat(5000) }],
  [
    '/broadcasting/auth',
    '',
    'acme',
    415,
    { method: 'POST', headers: { 'Content-Type': 'text/plain' }, body: CHANNEL },
  ],
  ['/broadcasting/auth', '', '', 401, { method: 'POST' }],
  ['/broadcasting/auth', '', 'later', 503, { method: 'POST' }],
]

const CROWDED: readonly Ask[] = [
  ...['/healthz', '/readyz', '/metrics', '/ws', '/app/{key}'].map(path => [path, '', '', 429] as const),
  ...['/api/dashboard/stats', '/api/system/dashboard/stats'].map(path => [path, '', '', 429] as const),
  ['/broadcasting/auth', '', '', 429, { method: 'POST' }],
]

async function check(on: TestApi, [path, query, token, status, more]: Ask): Promise<string> {
  const asked = `${path.replace('{key}', app.key)}${query === '' ? '' : `?${query}`}`
  const answer = await on.ask(asked, token, more)
  expect([asked, token, answer.status]).toEqual([asked, token, status])
  const type = answer.headers['content-type']?.split(';', 1)[0] ?? ''
  const schema = schemaOf(path, status, type)
  if (schema === undefined) expect(answer.text).toBe('')
  else {
    const validate = ajv.compile({ $ref: schema })
    validate(type.endsWith('json') ? JSON.parse(answer.text) : answer.text)
    expect([asked, validate.errors]).toEqual([asked, null])
  }
  return `${path} ${status}`
}

test('every answer matches the file, and the file describes no other', async () => {
  const seen = new Set<string>()
  for (const ask of ASKED) seen.add(await check(api, ask))
  seen.add(await check(strict, ['/readyz', '', '', 503]))
  seen.add(await check(strict, ['/metrics', '', '', 401]))
  seen.add(await check(strict, ['/metrics', '', 'the-token', 200]))
  await strict.ask('/api/usage', 'acme')
  for (const path of [FORECAST, ...READ]) seen.add(await check(strict, [path, '', 'acme', 429]))
  for (const path of ['/healthz', '/metrics']) await crowded.ask(path, '')
  for (const ask of CROWDED) seen.add(await check(crowded, ask))
  const filed = Object.keys(document.paths).flatMap(path =>
    Object.keys(operationOf(path).operation.responses).map(status => `${path} ${status}`),
  )
  expect([...seen].sort()).toEqual(filed.filter(it => !it.endsWith(' 101')).sort())
})

test('the checked rows are not empty', async () => {
  for (const path of READ)
    expect(JSON.parse((await api.ask(path, 'acme')).text).data.rows.length).toBeGreaterThan(3)
})
