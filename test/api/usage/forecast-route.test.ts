import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import * as formats from 'ajv-formats'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { UsageSource } from '../../../src/api/usage/usage-source.ts'
import { acme, globex, initech, START, type TestApi } from '../http/api-fixture.ts'
import { AMPLE, ReadScene } from './read-scene.ts'

/** It is 13:00 on the 24th in Nairobi: eleven hours of the day remain, and six days of the month. */
const NOW = '2026-11-24T10:00:00.000Z'
const EVENLY = 24 * 60

const ajv = new Ajv2020({ strict: false })
formats.default.default(ajv)
ajv.addSchema(parse(readFileSync('config/openapi.yaml', 'utf8')), 'openapi')
const isForecast = ajv.compile({ $ref: 'openapi#/components/schemas/ForecastAnswer' })

let scene: ReadScene
let api: TestApi
beforeAll(async () => {
  scene = await ReadScene.open('acme', 'globex', 'initech')
  api = await scene.api([acme, globex, initech])
  // ann uses the same each day, ben for ten days, cat begins today, and dan’s usage varies.
  await scene.pool.query(`
    insert into usage_daily (tenant_id, day, router_id, service, username, upload, download)
      select 'acme', date '2026-11-24' - n, case n % 2 when 0 then 'hq' else 'hill' end, 'ppp', 'ann', ${EVENLY},
        case n when 0 then 0 else ${EVENLY} end from generate_series(0, 200) as n
      union all select 'acme', date '2026-11-24' - n, 'hq', 'ppp', 'ben', ${EVENLY}, 0 from generate_series(1, 10) as n
      union all select 'acme', date '2026-11-24', 'hq', 'ppp', 'cat', 0, 5
      union all select 'acme', date '2026-11-24' - n, 'hq', 'hotspot', 'dan', n % 10 * 1000, 0 from generate_series(0, 200) as n
      union all select 'acme', date '2026-11-25', 'hq', 'ppp', 'ann', 0, 1000000
      union all select 'initech', date '2026-11-24' - n, 'hq', 'hotspot', 'a', 9007199254740991, 0 from generate_series(0, 119) as n
      union all select 'initech', date '2026-11-24' - n, 'hq', 'ppp', 'a', 9007199254740991, n from generate_series(0, 119) as n;
    insert into tenant_usage_daily (tenant_id, day, router_id, service, upload, download)
      select tenant_id, day, router_id, service, sum(upload), sum(download) from usage_daily group by 1, 2, 3, 4`)
})
afterAll(() => scene.stop())

async function forecastFor(
  path: string,
  token = 'acme',
  of: TestApi = api,
): Promise<Readonly<Record<string, unknown>>> {
  const { status, text } = await of.ask(`/api/usage/forecast${path}`, token)
  const answer = JSON.parse(text)
  expect([status, isForecast(answer), isForecast.errors]).toEqual([200, true, null])
  return answer.data
}

test('a subscriber who uses the same each day has that times the days of the month as forecast', async () => {
  const used = 23 * 2 * EVENLY + EVENLY
  const forecast = used + (2 * EVENLY * 11) / 24 + 6 * 2 * EVENLY
  expect(await forecastFor('?user=ann')).toEqual({
    ...{ tenant: 'acme', user: 'ann', month: '2026-11', as_of: NOW, used, forecast },
    ...{ low: forecast, high: forecast, error_percent: 0, history_days: 119 },
  })
})

test('ten days of history give a forecast without an error, and one day gives neither', async () => {
  const { forecast, ...ben } = await forecastFor('?user=ben')
  expect(forecast).toBe(10 * EVENLY + (EVENLY * 11) / 24 + 6 * EVENLY)
  const none = { low: null, high: null, error_percent: null }
  expect(ben).toMatchObject({ used: 10 * EVENLY, ...none, history_days: 9 })
  expect(await forecastFor('?user=cat')).toMatchObject({ used: 5, forecast: null, ...none, history_days: 0 })
  expect(await forecastFor('?user=nobody')).toMatchObject({
    used: 0,
    forecast: null,
    ...none,
    history_days: 0,
  })
})

test('a tenant’s forecast is of all of its subscribers, until today', async () => {
  const all = await forecastFor('')
  const used = 23 * 2 * EVENLY + EVENLY + 10 * EVENLY + 5 + 96_000
  expect(all).toMatchObject({ tenant: 'acme', user: null, used })
  expect(all['error_percent']).toBeGreaterThan(0)
  expect(Number(all['low'])).toBeLessThan(Number(all['forecast']))
  expect(Number(all['high'])).toBeGreaterThan(Number(all['forecast']))
  expect(await forecastFor('?tenant=acme', 'admin')).toEqual(all)
  expect(await forecastFor('?tenant=acme')).toEqual(all)
  expect(await forecastFor('', 'globex')).toMatchObject({ tenant: 'globex', used: 0, forecast: null })
})

test('bytes beyond 2^53 have all of their digits', async () => {
  const { text } = await api.ask('/api/usage/forecast', 'initech')
  // 24 days of this month, with n more bytes on each, from 0 to 23.
  expect(text).toContain(`"used":${24n * 2n * 9007199254740991n + 276n},`)
  expect(text).toMatch(/"forecast":\d{18},"low":\d{18},"high":\d{18},/)
})

test('someone else’s tenant does not exist, an admin names one, and all faults are listed', async () => {
  const answers: readonly (readonly [path: string, token: string, status: number, detail: string])[] = [
    ['?tenant=globex', 'acme', 404, 'no such tenant'],
    ['?tenant=nobody', 'acme', 404, 'no such tenant'],
    ['', 'admin', 400, 'an admin must name the tenant: ?tenant=ID'],
    ['?user=%00', 'acme', 400, 'user contains a NUL'],
    ['?router=hq', 'acme', 400, 'unknown query parameter: router'],
    ['?user=a&user=b', 'acme', 400, 'query parameter given twice: user'],
  ]
  for (const [path, token, status, detail] of answers) {
    const answer = await api.ask(`/api/usage/forecast${path}`, token)
    expect([path, answer.status, JSON.parse(answer.text)['detail']]).toEqual([path, status, detail])
  }
})

test('an answer stays the same for its minute, and has an ETag', async () => {
  const first = await api.ask('/api/usage/forecast?user=ben', 'acme')
  const known = { headers: { 'If-None-Match': String(first.headers.etag) } }
  await scene.clock.turn(59_999)
  expect((await api.ask('/api/usage/forecast?user=ben', 'acme', known)).status).toBe(304)
  await scene.clock.turn(1)
  const later = await api.ask('/api/usage/forecast?user=ben', 'acme', known)
  expect([later.status, JSON.parse(later.text)['data']['as_of']]).toEqual([200, '2026-11-24T10:01:00.000Z'])
  await scene.clock.turn(Date.parse('2026-11-30T21:00:00Z') - START.getTime() - 60_000)
  expect(await forecastFor('?user=ben')).toMatchObject({ month: '2026-12', used: 0, history_days: 16 })
})

test('(others) has no forecast, because it stands for other subscribers each day', async () => {
  const { status, text } = await api.ask('/api/usage/forecast?user=(others)', 'acme')
  expect([status, JSON.parse(text)['detail']]).toEqual([
    400,
    expect.stringMatching(/^user .*not a subscriber/),
  ])
})

test('forecasts count toward the limits on reading the tables', async () => {
  const few = await scene.api([acme], { limits: { ...AMPLE, requestsAtOnce: 2, requestsPerSecond: 0.001 } })
  expect((await few.ask('/api/usage', 'acme')).status).toBe(200)
  await forecastFor('?user=ann', 'acme', few)
  expect((await few.ask('/api/usage/forecast?user=ann', 'acme')).status).toBe(429)
  expect((await few.ask('/api/usage', 'acme')).status).toBe(429)
})

test('the query of a client that leaves is cancelled', async () => {
  const signals: AbortSignal[] = []
  const source: UsageSource = {
    page: (_question, _limit, signal) =>
      new Promise((_resolve, reject) => {
        signals.push(signal)
        signal.addEventListener('abort', () => reject(new Error('nobody waits')))
      }),
    all: () => Promise.reject(new Error('nothing asks for all')),
  }
  const waiting = await scene.api([acme], { source })
  const gone = new AbortController()
  const asked = fetch(`http://127.0.0.1:${waiting.server.port}/api/usage/forecast`, {
    headers: { Authorization: 'Bearer acme' },
    signal: gone.signal,
  })
  asked.catch(() => {})
  const isSeen = (holds: () => boolean) => expect.poll(holds, { timeout: 10_000 }).toBe(true)
  await isSeen(() => signals.length === 1)
  gone.abort()
  await isSeen(() => signals[0]?.aborted === true)
})
