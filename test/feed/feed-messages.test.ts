import { afterEach, beforeEach, expect, test } from 'vitest'
import { acme, outage, START, TestFeed } from './feed-fixture.ts'

let feed: TestFeed

beforeEach(async () => {
  feed = await new TestFeed().start()
})

afterEach(() => feed.stop())

test.each([
  ['something other than JSON', '{"type":'],
  ['an unknown type', '{"type":"sing"}'],
  ['no object', '[]'],
  ['an unknown topic', '{"type":"subscribe","topics":["weather"]}'],
  ['no topics', '{"type":"subscribe","topics":[]}'],
  ['an unknown key', '{"type":"refresh","force":true}'],
  ['a tenant that is not a string', '{"type":"subscribe","topics":["sessions"],"tenant":{}}'],
])('%s is answered with an error and closed with 4400', async (_, text) => {
  const client = await feed.watch(acme)
  client.socket.send(text)
  expect(await client.next('error')).toMatchObject({ code: 'bad_message' })
  expect(await client.closed).toBe(4400)
})

test('a binary message is closed with 4400', async () => {
  const client = await feed.watch(acme)
  client.socket.send(Buffer.from('{"type":"refresh"}'))
  expect(await client.closed).toBe(4400)
})

test('a message of more than 16 KiB is closed with 1009', async () => {
  const client = await feed.watch(acme)
  client.send({ type: 'auth', token: 'x'.repeat(16 * 1024) })
  expect(await client.closed).toBe(1009)
})

test('a broken frame closes its own connection and no other', async () => {
  const other = await feed.watch(acme)
  const client = await feed.watch(acme)
  const raw = Reflect.get(client.socket, '_socket')
  raw.write(Buffer.from([0xff, 0xff, 0xff, 0xff]))
  await client.closed
  await feed.clock.turn(5000)
  await other.next('snapshot')
})

test('more than twenty messages a second are closed with 4429', async () => {
  const client = await feed.watch(acme)
  for (let sent = 0; sent < 21; sent += 1) client.send({ type: 'unsubscribe', topics: ['sessions'] })
  expect(await client.closed).toBe(4429)
})

test('more than twenty pings a second are closed with 4429', async () => {
  const client = await feed.watch(acme)
  for (let sent = 0; sent < 21; sent += 1) client.socket.ping()
  expect(await client.closed).toBe(4429)
})

test('a refresh is answered with a fresh snapshot at once', async () => {
  const client = await feed.watch(acme)
  await feed.clock.turn(2000)
  client.send({ type: 'refresh' })
  expect(await client.next('snapshot')).toMatchObject({ seq: 2, as_of: '2026-11-24T10:00:02.000Z' })
})

test('a second refresh within a second is too soon, and closes nothing', async () => {
  const client = await feed.watch(acme)
  client.send({ type: 'refresh' })
  client.send({ type: 'refresh' })
  expect(await client.next('error')).toMatchObject({ code: 'too_soon' })
  await feed.clock.turn(1000)
  client.send({ type: 'refresh' })
  await client.next('snapshot')
})

test('sessions reach subscribers, at once and at each interval, until they unsubscribe', async () => {
  feed.alerts.byTenant.set(acme, [outage(1)])
  const asker = await feed.watch(acme)
  const other = await feed.watch(acme)
  asker.send({ type: 'subscribe', topics: ['sessions'] })
  expect(await asker.next('sessions')).toMatchObject({ seq: 1, tenant: 'acme' })
  await feed.clock.turn(5000)
  expect(await asker.next('sessions')).toMatchObject({ seq: 2, as_of: '2026-11-24T10:00:05.000Z' })
  asker.send({ type: 'unsubscribe', topics: ['sessions'] })
  // The answer to this shows that the message before it was handled.
  asker.send({ type: 'subscribe', topics: ['alerts'] })
  await asker.next('alert')
  await feed.clock.turn(5000)
  await asker.next('snapshot')
  await other.next('snapshot')
  await other.next('snapshot')
  expect([...asker.unread(), ...other.unread()]).toEqual([])
})

test('a tenant may name itself, and no other tenant', async () => {
  const client = await feed.watch(acme)
  client.send({ type: 'subscribe', topics: ['sessions'], tenant: 'acme' })
  await client.next('sessions')
  client.send({ type: 'subscribe', topics: ['sessions'], tenant: 'globex' })
  expect(await client.closed).toBe(4403)
})

test('an admin sees all tenants’ snapshots', async () => {
  const admin = await feed.watchAll()
  await feed.clock.turn(5000)
  const seen = [await admin.next('snapshot'), await admin.next('snapshot')]
  const next = [await admin.next('snapshot'), await admin.next('snapshot')]
  expect(seen).toMatchObject([
    { tenant: 'acme', seq: 1 },
    { tenant: 'globex', seq: 1 },
  ])
  expect(next).toMatchObject([
    { tenant: 'acme', seq: 2 },
    { tenant: 'globex', seq: 2 },
  ])
})

test('an admin names the tenant whose sessions it wants', async () => {
  const admin = await feed.watchAll()
  admin.send({ type: 'subscribe', topics: ['sessions'] })
  expect(await admin.next('error')).toMatchObject({ code: 'tenant_required' })
  admin.send({ type: 'subscribe', topics: ['sessions'], tenant: 'initech' })
  expect(await admin.next('error')).toMatchObject({ code: 'unknown_tenant' })
  admin.send({ type: 'subscribe', topics: ['sessions'], tenant: 'globex' })
  expect(await admin.next('sessions')).toMatchObject({ tenant: 'globex' })
})

test('an admin who subscribes to the system gets the sum over tenants until it unsubscribes', async () => {
  const admin = await feed.watchAll()
  admin.send({ type: 'subscribe', topics: ['system'] })
  expect(await admin.next('system')).toMatchObject({
    seq: 1,
    as_of: START.toISOString(),
    stats: { active_sessions: 2, total_routers: 2, timezone: null },
  })
  await feed.clock.turn(5000)
  expect(await admin.next('system')).toMatchObject({ seq: 2, as_of: '2026-11-24T10:00:05.000Z' })
  await feed.clock.turn(2000)
  admin.send({ type: 'refresh' })
  expect(await admin.next('system')).toMatchObject({ seq: 3, as_of: '2026-11-24T10:00:07.000Z' })
  let systems = 0
  admin.socket.on('message', data => {
    if (data.toString().startsWith('{"type":"system"')) systems += 1
  })
  admin.send({ type: 'unsubscribe', topics: ['system'] })
  // The answer to this shows that the message before it was handled.
  admin.send({ type: 'subscribe', topics: ['sessions'] })
  await admin.next('error')
  await feed.clock.turn(3000)
  for (const tenant of ['acme', 'globex'])
    expect(await admin.next('snapshot')).toMatchObject({ tenant, seq: 4 })
  expect(systems).toBe(0)
})

test('a tenant may not subscribe to the system', async () => {
  const client = await feed.watch(acme)
  client.send({ type: 'subscribe', topics: ['system'] })
  expect(await client.closed).toBe(4403)
})
