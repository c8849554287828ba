import { afterEach, expect, test } from 'vitest'
import { HttpServer } from '../../src/api/http/server.ts'
import { type Refusal, Refusals } from '../../src/runtime/refusals.ts'
import { AMPLE_LIMITS } from '../api/http/ample-strangers.ts'
import { HandClock } from '../runtime/hand-clock.ts'
import { rethrow } from '../runtime/rethrow.ts'
import { acme, bearer, START, silent, TestFeed, tenantToken } from './feed-fixture.ts'
import { OPCODE, RawClient, rawFrame, textFrameOf } from './raw-client.ts'

let feed: TestFeed
let refused: Refusal[] = []
const ends: (() => void | Promise<void>)[] = []

afterEach(async () => {
  for (const end of ends.splice(0)) await end()
  await feed.stop()
  refused = []
})

async function newFeed(more: {
  readonly perSecond?: number
  readonly perAddress?: number
  readonly most?: number
}): Promise<void> {
  const observer = { refused: (refusal: Refusal) => void refused.push(refusal) }
  const refusals = new Refusals({ observer, clock: new HandClock(START), log: silent, onBug: rethrow })
  const limits = {
    connectionsPerAddress: more.perAddress ?? AMPLE_LIMITS.connectionsPerAddress,
    addressRequestsPerSecond: more.perSecond ?? AMPLE_LIMITS.addressRequestsPerSecond,
  }
  const strangers = { limits, refusals, mostConnections: () => more.most ?? 1e6 }
  feed = await new TestFeed({ strangers }).start()
}

test('an address may send a limited number of invalid tokens a second, and valid ones at any time', async () => {
  await newFeed({ perSecond: 2 })
  const codes: number[] = []
  for (let time = 0; time < 4; time++) codes.push(await feed.connect({ headers: bearer('forged') }).closed)
  expect(codes).toEqual([4401, 4401, 4429, 4429])
  await feed.watch(acme)
  await feed.clock.turn(500)
  expect(await feed.connect({ headers: bearer('forged') }).closed).toBe(4401)
  expect(refused.filter(it => it === 'failed_token')).toHaveLength(5)
})

test('an address may open as many WebSockets without a token as it may have, then a limited number a second', async () => {
  await newFeed({ perSecond: 2, perAddress: 3 })
  for (let time = 0; time < 3; time++) await feed.connect({}).opened()
  expect(await feed.connect({}).refused).toBe(429)
  await feed.watch(acme)
  await feed.clock.turn(500)
  await feed.connect({}).opened()
  expect(await feed.connect({}).refused).toBe(429)
  expect(refused).toEqual(['too_many', 'too_many'])
})

test('a refused client is counted, and one that leaves, or whose token expires, is not', async () => {
  await newFeed({})
  const late = await feed.connect({}).opened()
  await feed.clock.turn(6_000)
  expect(await late.closed).toBe(4408)
  expect(await feed.connect({ headers: { Origin: 'https://elsewhere.example' } }).refused).toBe(403)
  const foreign = await feed.watch(acme)
  foreign.send({ type: 'auth', token: await tenantToken(feed.source.tenants()[1] ?? acme) })
  expect(await foreign.closed).toBe(4403)
  const brief = feed.connect({ headers: bearer(await tenantToken(acme, new Date(START.getTime() + 8_000))) })
  await brief.next('snapshot')
  await feed.clock.turn(3_000)
  expect(await brief.closed).toBe(4401)
  const leaving = await feed.watch(acme)
  leaving.socket.close()
  await leaving.closed
  expect(refused).toEqual(['no_token', 'forbidden', 'forbidden'])
})

test('a WebSocket may be closed to make room until it has shown a valid token', async () => {
  await newFeed({ most: 2 })
  const { strangers, clock } = feed
  const http = new HttpServer({
    at: { kind: 'port', host: '127.0.0.1', port: 0, block: 'server' },
    ...{ tls: undefined, upgrades: new Map([['/ws', feed.feed.upgrade]]) },
    api: { ready: async () => {}, routing: () => {} },
    ...{ connections: strangers.connections, clock, log: silent },
  })
  await http.start()
  const open = async () => {
    const client = new RawClient(http.port ?? 0)
    ends.push(() => client.destroy())
    expect(await client.upgrade('/ws')).toBe('upgraded')
    return client
  }
  const anonymous = await open()
  const known = await open()
  known.write(textFrameOf({ type: 'auth', token: await tenantToken(acme) }))
  await known.text('"type":"snapshot"')
  const next = await open()
  await anonymous.ended
  next.write(rawFrame({ opcode: OPCODE.ping, payload: '' }))
  await (await open()).caughtUp()
  await next.ended
  await known.caughtUp()
  expect(known.socket.closed).toBe(false)
  expect(refused).toEqual(['no_room', 'no_room'])
  ends.push(async () => {
    await feed.feed.stop()
    await http.stop()
  })
})
