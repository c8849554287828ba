import { afterEach, expect, test } from 'vitest'
import { Refusals } from '../../../src/runtime/refusals.ts'
import { TrustedProxies } from '../../../src/runtime/trusted-proxies.ts'
import { HandClock } from '../../runtime/hand-clock.ts'
import { LogLines } from '../../runtime/log-lines.ts'
import { rethrow } from '../../runtime/rethrow.ts'
import { AMPLE_LIMITS } from './ample-strangers.ts'
import { type Answer, START, silent, TestApi } from './api-fixture.ts'
import { statusOf } from './caller.ts'

const STATS = '/api/dashboard/stats'
const FORGED = 'forged'

let api: TestApi

afterEach(() => api.stop())

async function serve(perSecond: number, proxies: readonly string[] = []) {
  const lines = new LogLines()
  const clock = new HandClock(START)
  const refusals = new Refusals({
    observer: { refused: () => {} },
    ...{ clock, log: lines.log, onBug: rethrow },
  })
  const limits = { ...AMPLE_LIMITS, addressRequestsPerSecond: perSecond }
  api = new TestApi({ strangers: { limits, proxies: new TrustedProxies(proxies, silent), refusals } })
  await api.start()
  return { lines, refusals }
}

async function statuses(count: number, ask: () => Promise<Answer | number>): Promise<readonly number[]> {
  const all: number[] = []
  for (let time = 0; time < count; time++) {
    const answer = await ask()
    all.push(typeof answer === 'number' ? answer : answer.status)
  }
  return all
}

function forwarded(path: string, address: string): Promise<number> {
  return statusOf(api.server.port ?? 0, path, { headers: { 'X-Forwarded-For': address } })
}

test('pages without a token have a rate for each address, and answer 429 with Retry-After beyond it', async () => {
  await serve(3)
  expect(await statuses(4, () => api.ask('/healthz', ''))).toEqual([200, 200, 200, 429])
  const { headers, text } = await api.ask('/readyz', '')
  expect(headers).toMatchObject({ 'retry-after': '1', connection: 'close' })
  expect(JSON.parse(text)).toMatchObject({ status: 429, detail: expect.stringContaining('3 requests') })
  const elsewhere = { localAddress: '127.0.0.2' }
  expect(await statusOf(api.server.port ?? 0, '/healthz', elsewhere)).toBe(200)
  await api.clock.turn(1000)
  expect(await statuses(4, () => api.ask('/healthz', ''))).toEqual([200, 200, 200, 429])
})

test('an address beyond its rate for other pages still gets the health pages', async () => {
  await serve(2)
  expect(await statuses(3, () => api.ask('/ws', ''))).toEqual([426, 426, 429])
  expect(await statuses(3, () => api.ask('/healthz', ''))).toEqual([200, 200, 429])
})

test('all files of the dashboard’s page may be requested at once', async () => {
  await serve(50)
  expect(await statuses(1_001, () => api.ask('/dashboard/main.js', ''))).toEqual([
    ...Array(1_000).fill(404),
    429,
  ])
  expect(await statuses(1, () => api.ask('/ws', ''))).toEqual([426])
})

test.each<readonly [what: string, ask: () => Promise<Answer>, first: number]>([
  ['a page that is not there', () => api.ask('/nowhere', ''), 404],
  ['a page that is not there, with a token that nobody looks at', () => api.ask('/nowhere', FORGED), 404],
  ['a page that needs no token, with one', () => api.ask('/ws', FORGED), 426],
  ['a page that needs a token, without one', () => api.ask(STATS, ''), 401],
  ['a browser’s question before it asks', () => api.ask(STATS, '', { method: 'OPTIONS' }), 204],
  ['a method that the page does not know', () => api.ask(STATS, FORGED, { method: 'DELETE' }), 405],
])('%s counts as what needs no token', async (_, ask, first) => {
  await serve(2)
  expect(await statuses(3, ask)).toEqual([first, first, 429])
  expect((await api.ask('/ws', '')).status).toBe(429)
})

test('invalid tokens are answered 429 beyond their rate, and valid ones always pass', async () => {
  await serve(2)
  expect(await statuses(4, () => api.ask(STATS, FORGED))).toEqual([401, 401, 429, 429])
  expect(await statuses(20, () => api.ask(STATS, 'acme'))).toEqual(Array(20).fill(200))
  expect(await statuses(1, () => api.ask('/ws', ''))).toEqual([426])
  expect(await statuses(1, () => api.ask(STATS, 'later'))).toEqual([503])
  await api.clock.turn(500)
  expect(await statuses(2, () => api.ask(STATS, FORGED))).toEqual([401, 429])
})

test('the clients of a trusted proxy count separately, and an address forwarded by others is ignored', async () => {
  await serve(1, ['127.0.0.1'])
  const ask = (address: string) => forwarded('/healthz', address)
  expect([await ask('198.51.100.1'), await ask('198.51.100.2'), await ask('198.51.100.1')]).toEqual([
    200, 200, 429,
  ])
  await api.stop()
  await serve(1)
  expect([await ask('198.51.100.1'), await ask('198.51.100.2')]).toEqual([200, 429])
})

test('a /64 of IPv6 counts as one address', async () => {
  await serve(1, ['127.0.0.1'])
  const ask = (address: string) => forwarded('/healthz', address)
  expect(await ask('2001:db8:0:1::1')).toBe(200)
  expect(await ask('2001:db8:0:1:ffff::2')).toBe(429)
  expect(await ask('2001:db8:0:2::1')).toBe(200)
})

test('refusals are logged in one line, by reason', async () => {
  const { lines, refusals } = await serve(3)
  await statuses(5, () => api.ask(STATS, FORGED))
  await statuses(2, () => api.ask(STATS, ''))
  await statuses(2, () => api.ask('/api/system/dashboard/stats', 'acme'))
  await statuses(1, () => api.ask(STATS, 'acme'))
  refusals.start()
  // The last answer is noted once it has been sent.
  await api.stop()
  await refusals.stop()
  expect(lines.lines).toMatchObject([
    {
      refused: { failed_token: 3, too_many: 2, no_token: 2, forbidden: 2 },
      addresses: { '127.0.0.1': 9 },
    },
  ])
})
