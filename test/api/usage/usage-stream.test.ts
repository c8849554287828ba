import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { UsageSource } from '../../../src/api/usage/usage-source.ts'
import { acme, type TestApi } from '../http/api-fixture.ts'
import { ReadScene } from './read-scene.ts'

const ROWS = 200_000
const MIB = 1_048_576
const PATH = '/api/usage?format=csv&by=user&from=2026-11-01&to=2026-11-30'

let scene: ReadScene
let api: TestApi
beforeAll(async () => {
  scene = await ReadScene.open('acme')
  await scene.pool.query(`insert into usage_daily
    select 'acme', '2026-11-03', 'hq', 'ppp', 'a subscriber with a long name, number ' || n, n, n from generate_series(1, ${ROWS}) as n;
    analyze usage_daily`)
  api = await scene.api([acme])
})
afterAll(() => scene.stop())

async function open(on: TestApi, path = PATH): Promise<IncomingMessage> {
  const headers = { Authorization: 'Bearer acme' }
  const asked = get({ host: '127.0.0.1', port: on.server.port, path, headers, agent: false })
  const [response] = await once(asked, 'response')
  // `response` reports everything after this.
  asked.on('error', () => {})
  return response
}

/** The rows of a source that never ends, or fails after some batches. */
function endless(failsAfter: number, count: (made: number) => void = () => {}): UsageSource {
  const batch = Array.from({ length: 250 }, (_, n) => `acme,user-${n},1,2,3\r\n`).join('')
  return {
    page: () => Promise.reject(new Error('no pages here')),
    all: async (_question, _limit, signal) => ({
      columns: ['tenant', 'username', 'upload', 'download', 'used'],
      lines: (async function* () {
        for (let made = 1; !signal.aborted; made++) {
          if (made > failsAfter) throw Object.assign(new Error('the database went'), { retryable: true })
          count(made)
          yield batch
          await setImmediate()
        }
      })(),
    }),
  }
}

test('200,000 rows are streamed in constant memory', async () => {
  const few = await open(api, '/api/usage?format=csv&by=user&from=2026-12-01')
  for await (const _ of few);
  const before = process.memoryUsage.rss()
  let [most, lines] = [0, 0]
  const response = await open(api)
  for await (const chunk of response as AsyncIterable<Buffer>) {
    most = Math.max(most, process.memoryUsage.rss())
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) lines++
  }
  expect(lines).toBe(ROWS + 1)
  expect((most - before) / MIB).toBeLessThan(64)
})

test('rows are read only as fast as the client takes them', async () => {
  let made = 0
  const slow = await scene.api([acme], {
    source: endless(Number.POSITIVE_INFINITY, count => {
      made = count
    }),
  })
  const response = await open(slow)
  response.pause()
  // It is at rest if nothing changes in a thousand turns of the event loop.
  const rest = async () => {
    const before = made
    for (let turn = 0; turn < 1_000; turn++) await setImmediate()
    return made - before
  }
  await expect.poll(rest, { timeout: 10_000 }).toBe(0)
  const atRest = made
  response.resume()
  await expect.poll(() => made).toBeGreaterThan(atRest + 1_000)
  response.destroy()
})

test('a client that leaves frees its query, connection and place', async () => {
  for (let turn = 0; turn < 5; turn++) {
    const response = await open(api)
    response.on('error', () => {})
    await once(response, 'data')
    expect(scene.reader.borrowed).toBe(1)
    response.destroy()
    await expect.poll(() => scene.reader.borrowed).toBe(0)
  }
  const held = `select count(*)::int as n from pg_stat_activity where application_name = 'reading' and datname = current_database() and state <> 'idle'`
  await expect.poll(async () => (await scene.pool.query(held)).rows).toEqual([{ n: 0 }])
  // A tenant has two places, and all five streams have freed theirs.
  const whole = await open(api)
  expect(whole.statusCode).toBe(200)
  whole.destroy()
})

test('an answer that breaks off is seen as incomplete, with chunks or without', async () => {
  const broken = await scene.api([acme], { source: endless(4_000) })
  const response = await open(broken)
  expect(response.statusCode).toBe(200)
  const read = async () => {
    for await (const _ of response);
  }
  await expect(read()).rejects.toMatchObject({ code: 'ECONNRESET' })
  expect(response.complete).toBe(false)

  // HTTP/1.0, which some proxies speak: an orderly end would be the end of the answer.
  const socket = connect(broken.server.port ?? 0, '127.0.0.1')
  socket.write(`GET ${PATH} HTTP/1.0\r\nAuthorization: Bearer acme\r\n\r\n`)
  socket.resume()
  const [error] = await once(socket, 'error')
  expect(error).toMatchObject({ code: 'ECONNRESET' })
})

test('an error before the first row is a problem document, not a file', async () => {
  const failing = { page: () => Promise.reject(failure()), all: () => Promise.reject(failure()) }
  const down = await scene.api([acme], { source: failing })
  for (const path of [PATH, '/api/usage', '/api/sessions?format=csv', '/api/usage/top']) {
    const answer = await down.ask(path, 'acme')
    expect([answer.status, answer.headers['content-type'], answer.headers['retry-after']]).toEqual([
      503,
      'application/problem+json',
      '5',
    ])
    expect(answer.text).not.toContain('hunter2')
  }
})

function failure(): Error {
  return Object.assign(new Error('usage cannot be read: hunter2'), { retryable: true })
}
