import { afterEach, expect, test } from 'vitest'
import { tenantId } from '../../src/accounting/ids.ts'
import { acme, bearer, FakeSource, globex, START, TestFeed, tenantToken } from './feed-fixture.ts'

let feed: TestFeed

afterEach(() => feed.stop())

test('a snapshot is encoded once per tenant and turn, however many watch it', async () => {
  feed = await new TestFeed().start()
  const clients = await Promise.all(Array.from({ length: 50 }, () => feed.watch(acme)))
  expect(feed.source.asked).toEqual([acme])
  await feed.clock.turn(5000)
  for (const client of clients) expect(await client.next('snapshot')).toMatchObject({ seq: 2 })
  expect(feed.source.asked).toEqual([acme, acme])
})

test('a tenant that nobody watches is not encoded', async () => {
  feed = await new TestFeed().start()
  await feed.watch(globex)
  await feed.clock.turn(15_000)
  expect(new Set(feed.source.asked)).toEqual(new Set([globex]))
})

test('a tenant gets its own snapshots and no others', async () => {
  feed = await new TestFeed().start()
  const client = await feed.watch(acme)
  const other = await feed.watch(globex)
  await feed.clock.turn(5000)
  expect(await client.next('snapshot')).toMatchObject({ tenant: 'acme' })
  expect(await other.next('snapshot')).toMatchObject({ tenant: 'globex' })
  expect(client.unread()).toEqual([])
})

test('seq grows by one each interval, without drift', async () => {
  feed = await new TestFeed().start()
  const client = await feed.watch(acme)
  for (let turn = 1; turn <= 3; turn += 1) {
    await feed.clock.turn(5000)
    const as_of = new Date(START.getTime() + turn * 5000).toISOString()
    expect(await client.next('snapshot')).toMatchObject({ seq: turn + 1, as_of })
  }
})

test('a snapshot made for one client is sent to all, so that nobody misses a seq', async () => {
  feed = await new TestFeed().start()
  const client = await feed.watch(acme)
  const asker = await feed.watch(acme)
  await feed.clock.turn(2000)
  asker.send({ type: 'refresh' })
  expect(await asker.next('snapshot')).toMatchObject({ seq: 2 })
  await feed.clock.turn(3000)
  for (const seq of [2, 3]) expect(await client.next('snapshot')).toMatchObject({ seq })
})

test('a new client gets the current snapshot, and the next one with the others', async () => {
  feed = await new TestFeed().start()
  await feed.watch(acme)
  await feed.clock.turn(4000)
  const client = feed.connect({ headers: bearer(await tenantToken(acme)) })
  expect(await client.next('snapshot')).toMatchObject({ seq: 1, as_of: START.toISOString() })
  await feed.clock.turn(1000)
  expect(await client.next('snapshot')).toMatchObject({ seq: 2 })
  expect(feed.source.asked).toEqual([acme, acme])
})

test('many tenants have their own times within the interval, each in every interval', async () => {
  const tenants = Array.from({ length: 400 }, (_, number) => tenantId(`tenant-${number}`))
  const [first = acme] = tenants
  const last = tenants.at(-1) ?? acme
  feed = await new TestFeed({ source: new FakeSource(...tenants) }).start()
  const early = await feed.watch(first)
  const late = await feed.watch(last)
  for (let turn = 1; turn <= 3; turn += 1) {
    await feed.clock.turn(5000)
    const as_of = (ms: number) => new Date(START.getTime() + ms).toISOString()
    expect(await early.next('snapshot')).toMatchObject({ seq: turn + 1, as_of: as_of(turn * 5000) })
    if (turn > 1)
      expect(await late.next('snapshot')).toMatchObject({ seq: turn, as_of: as_of(turn * 5000 - 2500) })
  }
})

test('an admin gets every tenant, each at its time', async () => {
  const tenants = Array.from({ length: 400 }, (_, number) => tenantId(`tenant-${number}`))
  feed = await new TestFeed({ source: new FakeSource(...tenants) }).start()
  const admin = await feed.watchAll()
  const seen = new Set<unknown>()
  const see = async (snapshots: number) => {
    for (let count = 0; count < snapshots; count += 1) {
      const { tenant, seq } = await admin.next('snapshot')
      seen.add(`${tenant} ${seq}`)
    }
  }
  await see(400)
  for (const ms of [5000, 2500]) {
    await feed.clock.turn(ms)
    await see(200)
  }
  expect(seen.size).toBe(800)
})

/** Makes snapshots of megabytes, of which the kernel buffers only a few for a client that does not read. */
const HUGE = 20_000

test('a slow client skips to the newest snapshot, and the others lose none', async () => {
  feed = await new TestFeed({ limits: { slowAfterMs: 1e9, pingEveryMs: 1e9 } }).start()
  const slow = await feed.watch(acme)
  const quick = await feed.watch(acme)
  slow.socket.pause()
  feed.source.routerCount = HUGE
  for (let seq = 2; seq <= 21; seq += 1) {
    await feed.clock.turn(5000)
    expect((await quick.next('snapshot'))['seq']).toBe(seq)
  }
  slow.socket.resume()
  const seen: unknown[] = []
  do seen.push((await slow.next('snapshot'))['seq'])
  while (seen.at(-1) !== 21)
  expect(seen.length).toBeLessThan(15)
  expect(seen).toEqual([...seen].sort((a, b) => Number(a) - Number(b)))
})

test('a client that reads nothing for thirty seconds is closed with 4413', async () => {
  feed = await new TestFeed({ limits: { pingEveryMs: 1e9 } }).start()
  const slow = await feed.watch(acme)
  slow.socket.pause()
  feed.source.routerCount = HUGE
  await feed.clock.turn(100_000)
  expect(feed.feed.connections).toBe(1)
  slow.socket.resume()
  expect(await slow.closed).toBe(4413)
})

test('a client that has not answered a ping by the next one is cut off', async () => {
  feed = await new TestFeed().start()
  const client = feed.connect({ headers: bearer(await tenantToken(acme)), autoPong: false })
  await client.next('snapshot')
  await feed.clock.turn(60_000)
  expect(await client.closed).toBe(1006)
})

test('a client that answers its pings stays', async () => {
  feed = await new TestFeed().start()
  const client = await feed.watch(acme)
  for (let turn = 0; turn < 4; turn += 1) {
    await feed.clock.turn(30_000)
    // The pong is sent before this message.
    client.send({ type: 'subscribe', topics: ['sessions'] })
    await client.next('sessions')
  }
  expect(client.socket.readyState).toBe(client.socket.OPEN)
})

test('connections above the limit of a tenant are closed with 4429, and one that leaves makes room', async () => {
  feed = await new TestFeed({ limits: { connectionsPerTenant: 2 } }).start()
  const first = await feed.watch(acme)
  await feed.watch(acme)
  const headers = bearer(await tenantToken(acme))
  expect(await feed.connect({ headers }).closed).toBe(4429)
  await feed.watch(globex)
  first.socket.close()
  await first.closed
  await feed.watch(acme)
})

test('connections above the limit of an address are closed with 4429, with or without a token', async () => {
  feed = await new TestFeed({ limits: { connectionsPerAddress: 2 } }).start()
  const from = (address: string) => feed.connect({ headers: { 'X-Forwarded-For': address } }).opened()
  await from('198.51.100.7')
  const second = await from('198.51.100.7')
  expect(await (await from('198.51.100.7')).closed).toBe(4429)
  await from('198.51.100.8')
  second.socket.close()
  await second.closed
  const again = await from('198.51.100.7')
  again.send({ type: 'auth', token: await tenantToken(acme) })
  await again.next('welcome')
})

test('stop closes every client with 1001, leaves no timer, and accepts no new client', async () => {
  feed = await new TestFeed({ source: new FakeSource(acme) }).start()
  const clients = [await feed.watch(acme), await feed.watchAll(), await feed.connect({}).opened()]
  await feed.feed.stop()
  expect(await Promise.all(clients.map(client => client.closed))).toEqual([1001, 1001, 1001])
  expect(feed.clock.sleepers).toBe(0)
  expect(feed.feed.connections).toBe(0)
  expect(await feed.connect({}).refused).toBe(503)
})

test('stop waits one second for a client that doesn’t answer', async () => {
  feed = await new TestFeed().start()
  const client = await feed.watch(acme)
  client.socket.pause()
  const stopped = feed.feed.stop()
  await feed.clock.turn(1000)
  await stopped
  expect(feed.clock.sleepers).toBe(0)
})
