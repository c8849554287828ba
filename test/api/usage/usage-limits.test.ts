import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { UsageSource } from '../../../src/api/usage/usage-source.ts'
import { acme, globex, type TestApi } from '../http/api-fixture.ts'
import { AMPLE, ReadScene } from './read-scene.ts'

const LIMITS = { ...AMPLE, requestsAtOnce: 3, requestsPerSecond: 0.5, streamsPerTenant: 2, streamsInAll: 3 }
const CSV = '/api/usage?format=csv'

/** Streams that a test ends. */
class HeldSource implements UsageSource {
  #end: () => void = () => {}
  readonly #ended = new Promise<void>(resolve => {
    this.#end = resolve
  })

  end(): void {
    this.#end()
  }

  async page() {
    return { columns: ['tenant'], rows: [] }
  }

  async all() {
    const ended = this.#ended
    return {
      columns: ['tenant'],
      lines: (async function* () {
        yield 'first\r\n'
        await ended
      })(),
    }
  }
}

let scene: ReadScene
beforeAll(async () => {
  scene = await ReadScene.open('acme', 'globex')
})
afterAll(() => scene.stop())

const responses: IncomingMessage[] = []
afterEach(() => {
  for (const response of responses.splice(0)) response.destroy()
})

async function stream(api: TestApi, token: string, query = ''): Promise<IncomingMessage> {
  const headers = { Authorization: `Bearer ${token}` }
  const asked = get({
    host: '127.0.0.1',
    port: api.server.port,
    path: `${CSV}${query}`,
    headers,
    agent: false,
  })
  const [response] = await once(asked, 'response')
  response.on('error', () => {})
  asked.on('error', () => {})
  responses.push(response)
  return response
}

test('a tenant beyond its rate gets 429 with Retry-After, and others are not affected', async () => {
  const api = await scene.api([acme, globex], { limits: LIMITS })
  const statuses = async (token: string, path: string) => (await api.ask(path, token)).status
  for (const path of ['/api/usage', '/api/sessions?nonsense=1', '/api/usage/top?limit=0'])
    await api.ask(path, 'acme')
  expect(await statuses('acme', '/api/usage')).toBe(200)
  const late = await api.ask('/api/sessions', 'acme')
  expect([late.status, late.headers['content-type'], late.headers['retry-after']]).toEqual([
    429,
    'application/problem+json',
    '2',
  ])
  expect(await statuses('globex', '/api/usage')).toBe(200)
  expect(await statuses('admin', '/api/usage?tenant=acme')).toBe(200)
  await scene.clock.turn(1_999)
  expect(await statuses('acme', '/api/usage')).toBe(429)
  await scene.clock.turn(1)
  expect(await statuses('acme', '/api/usage')).toBe(200)
  expect(await statuses('acme', '/api/usage')).toBe(429)
})

test('streams are limited for each tenant and in total, and each frees its place', async () => {
  const source = new HeldSource()
  const api = await scene.api([acme, globex], { limits: { ...LIMITS, requestsAtOnce: 100 }, source })
  const first = await stream(api, 'acme')
  await stream(api, 'acme')
  const third = await stream(api, 'acme')
  expect([third.statusCode, third.headers['retry-after']]).toEqual([429, '5'])
  await stream(api, 'globex')
  const admins = await stream(api, 'admin', '&tenant=acme')
  expect([admins.statusCode, admins.headers['content-type']]).toEqual([503, 'application/problem+json'])
  // Pages do not count as streams.
  expect((await api.ask('/api/usage', 'acme')).status).toBe(200)
  first.destroy()
  const seated = async () => (await stream(api, 'acme')).statusCode
  await expect.poll(seated).toBe(200)
  expect(await seated()).toBe(429)
  source.end()
})

test('pages beyond a tenant’s limit wait, and other tenants do not wait for them', async () => {
  const waiting: (() => void)[] = []
  const source: UsageSource = {
    all: () => Promise.reject(new Error('no streams here')),
    page: ({ tenant }) =>
      tenant === globex
        ? Promise.resolve({ columns: ['tenant'], rows: [] })
        : new Promise(resolve => waiting.push(() => resolve({ columns: ['tenant'], rows: [['acme']] }))),
  }
  const api = await scene.api([acme, globex], { limits: { ...AMPLE, pagesPerTenant: 2 }, source })
  const answers = [1, 2, 3, 4].map(limit => api.ask(`/api/usage?limit=${limit}`, 'acme'))
  await expect.poll(() => waiting.length).toBe(2)
  // All four have arrived, or these would not be answered.
  for (let turn = 0; turn < 4; turn++) expect((await api.ask('/api/usage', 'globex')).status).toBe(200)
  expect(waiting.length).toBe(2)
  for (let asked = 2; asked <= 4; asked++) {
    waiting.shift()?.()
    await expect.poll(() => waiting.length).toBe(Math.min(2, 5 - asked))
  }
  waiting.shift()?.()
  expect((await Promise.all(answers)).map(it => it.status)).toEqual([200, 200, 200, 200])
})

test('a stream that takes too long is cut off', async () => {
  const source: UsageSource = {
    page: () => Promise.reject(new Error('no pages here')),
    all: async (_question, _limit, signal) => ({
      columns: ['tenant'],
      lines: (async function* () {
        yield 'first\r\n'
        if (!signal.aborted) await once(signal, 'abort')
        throw Object.assign(new Error('broken off'), { retryable: true })
      })(),
    }),
  }
  const api = await scene.api([acme], { limits: { ...AMPLE, streamWithinMs: 50 }, source })
  const response = await stream(api, 'acme')
  response.resume()
  await expect.poll(() => response.errored).toMatchObject({ code: 'ECONNRESET' })
})
