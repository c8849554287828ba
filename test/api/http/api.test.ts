import { afterEach, expect, test } from 'vitest'
import { type Answer, START, TestApi } from './api-fixture.ts'

let api: TestApi

afterEach(() => api.stop())

function expectProblem(answer: Answer, status: number): void {
  expect(answer.headers['content-type']).toBe('application/problem+json')
  expect(answer.status).toBe(status)
  expect(JSON.parse(answer.text)).toEqual({
    type: 'about:blank',
    title: expect.any(String),
    status,
    detail: expect.any(String),
  })
}

test('a tenant reads its own stats, with or without its name', async () => {
  api = await new TestApi().start()
  for (const path of ['/api/dashboard/stats', '/api/dashboard/stats?tenant=acme']) {
    const answer = await api.ask(path, 'acme')
    expect(answer.status).toBe(200)
    expect(JSON.parse(answer.text)).toMatchObject({
      success: true,
      data: { data_usage: 1, pppoe_users: 1, online_routers: 1, last_updated: START.toISOString() },
    })
  }
})

test('someone else’s tenant is 404, like one that does not exist', async () => {
  api = await new TestApi().start()
  const other = await api.ask('/api/dashboard/stats?tenant=globex', 'acme')
  const none = await api.ask('/api/dashboard/stats?tenant=nobody', 'acme')
  expectProblem(other, 404)
  expect(none.text).toBe(other.text)
})

test('a token for a tenant that is not in the config is 404', async () => {
  api = await new TestApi().start()
  expectProblem(await api.ask('/api/dashboard/stats', 'initech'), 404)
  expectProblem(await api.ask('/api/dashboard/stats?tenant=initech', 'initech'), 404)
})

test('an admin names the tenant, and reads any', async () => {
  api = await new TestApi().start()
  const answer = await api.ask('/api/dashboard/stats?tenant=globex', 'admin')
  expect(JSON.parse(answer.text)).toMatchObject({ success: true, data: { data_usage: 2 } })
  expectProblem(await api.ask('/api/dashboard/stats', 'admin'), 400)
  expectProblem(await api.ask('/api/dashboard/stats?tenant=nobody', 'admin'), 404)
})

test('an admin reads the sum over all tenants, and one row each', async () => {
  api = await new TestApi().start()
  const answer = await api.ask('/api/system/dashboard/stats', 'admin')
  expect(JSON.parse(answer.text)).toMatchObject({
    success: true,
    data: {
      data_usage: 3,
      active_sessions: 2,
      total_routers: 2,
      day: null,
      tenants: [
        { tenant: 'acme', data_usage: 1, timezone: 'Africa/Nairobi' },
        { tenant: 'globex', data_usage: 2 },
      ],
    },
  })
  expectProblem(await api.ask('/api/system/dashboard/stats', 'acme'), 403)
})

test('a missing or invalid token is 401', async () => {
  api = await new TestApi().start()
  const none = await api.ask('/api/dashboard/stats', '')
  expectProblem(none, 401)
  expect(none.headers['www-authenticate']).toBe('Bearer')
  const bad = await api.ask('/api/dashboard/stats', 'forged')
  expectProblem(bad, 401)
  expect(bad.headers['www-authenticate']).toBe('Bearer error="invalid_token"')
})

test('a token in the query string is no token', async () => {
  api = await new TestApi().start()
  expectProblem(await api.ask('/api/dashboard/stats?token=acme&access_token=acme', ''), 401)
})

test('a token that cannot be verified now is 503, not 401', async () => {
  api = await new TestApi().start()
  expectProblem(await api.ask('/api/dashboard/stats', 'later'), 503)
})

test('an unknown query parameter, or one given twice, is 400', async () => {
  api = await new TestApi().start()
  expectProblem(await api.ask('/api/dashboard/stats?tennant=acme', 'acme'), 400)
  expectProblem(await api.ask('/api/dashboard/stats?tenant=acme&tenant=globex', 'acme'), 400)
  expectProblem(await api.ask('/healthz?verbose', ''), 400)
})

test('an unknown path is 404, however odd it is', async () => {
  api = await new TestApi().start()
  for (const path of ['/', '/api', '//', '/healthz/', '/%', '/api/dashboard/stats/../x', '/__proto__']) {
    expectProblem(await api.ask(path, ''), 404)
  }
})

test('only GET and HEAD are answered, HEAD without a body', async () => {
  api = await new TestApi().start()
  const post = await api.ask('/api/dashboard/stats', 'acme', { method: 'POST' })
  expectProblem(post, 405)
  expect(post.headers.allow).toBe('GET, HEAD, OPTIONS')
  const get = await api.ask('/healthz', '')
  const head = await api.ask('/healthz', '', { method: 'HEAD' })
  expect(head).toMatchObject({ status: 200, text: '' })
  expect(head.headers['content-length']).toBe(get.headers['content-length'])
})

test('a WebSocket’s path without an upgrade is 426', async () => {
  api = await new TestApi().start()
  expectProblem(await api.ask('/ws', ''), 426)
})

test('answers are not stored, not sniffed and not framed', async () => {
  api = await new TestApi().start()
  for (const { headers } of [await api.ask('/healthz', ''), await api.ask('/nowhere', '')]) {
    expect(headers['cache-control']).toBe('no-store')
    expect(headers['x-content-type-options']).toBe('nosniff')
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'")
  }
})

test('an internal error is 500, and its message is not shown', async () => {
  const broken = (kind: 'throw' | 'reject') => ({
    kind: 'open' as const,
    path: `/${kind}`,
    parameters: [],
    answer: () => {
      if (kind === 'throw') throw new Error('password is hunter2')
      return Promise.reject(new Error('password is hunter2'))
    },
  })
  api = await new TestApi({ routes: [broken('throw'), broken('reject')] }).start()
  for (const path of ['/throw', '/reject']) {
    const answer = await api.ask(path, '')
    expectProblem(answer, 500)
    expect(answer.text).not.toContain('hunter2')
  }
})

test('alive is 200 whatever else fails', async () => {
  api = await new TestApi({
    readiness: {
      database: () => 'down',
      pollers: () => 'stopped',
      journal: () => 'failing',
      bus: () => undefined,
      replica: () => undefined,
    },
  }).start()
  const answer = await api.ask('/healthz', '')
  expect(answer).toMatchObject({ status: 200, text: '{"status":"alive"}' })
})

test('a replica that does not answer, or lags, is named and leaves the daemon ready', async () => {
  const replica = { isUp: true, lagMs: undefined as number | undefined }
  api = await new TestApi({
    readiness: {
      ...{ database: () => 'up', pollers: () => 'running', journal: () => 'writing', bus: () => undefined },
      replica: () => replica,
    },
  }).start()
  const asked = async () => {
    const { status, text } = await (api as TestApi).ask('/readyz', '')
    return [status, JSON.parse(text).replica, JSON.parse(text).replica_lag_seconds]
  }
  expect(await asked()).toEqual([200, 'up', null])
  Object.assign(replica, { isUp: false, lagMs: 1_001 })
  expect(await asked()).toEqual([200, 'down', 2])
})

test('ready is 200 if database, pollers and journal work, and 503 with the state of each otherwise', async () => {
  const parts = { database: 'up', pollers: 'running', journal: 'writing' } as const
  let missing: Partial<{ database: 'down'; pollers: 'starting'; journal: 'failing' }> = {}
  api = await new TestApi({
    readiness: {
      database: () => missing.database ?? parts.database,
      pollers: () => missing.pollers ?? parts.pollers,
      journal: () => missing.journal ?? parts.journal,
      bus: () => undefined,
      replica: () => undefined,
    },
  }).start()
  const up = await api.ask('/readyz', '')
  expect(up.status).toBe(200)
  expect(JSON.parse(up.text)).toEqual({ status: 'ready', ...parts })
  for (const part of [{ database: 'down' }, { pollers: 'starting' }, { journal: 'failing' }] as const) {
    missing = part
    const down = await api.ask('/readyz', '')
    expect(down.status).toBe(503)
    expect(JSON.parse(down.text)).toEqual({ status: 'not_ready', ...parts, ...part })
  }
})
