import { afterEach, expect, test } from 'vitest'
import type { AlertJson } from '../../src/accounting/alert.ts'
import { AlertTopic } from '../../src/feed/alert-topic.ts'
import type { Watcher } from '../../src/feed/channel.ts'
import { Hub } from '../../src/feed/hub.ts'
import { acme, FakeAlerts, globex, outage, START, type TestClient, TestFeed } from './feed-fixture.ts'

let feed: TestFeed

afterEach(() => feed.stop())

async function newFeed(options: ConstructorParameters<typeof TestFeed>[0] = {}): Promise<TestFeed> {
  feed = await new TestFeed(options).start()
  return feed
}

function outages(first: number, last: number): readonly AlertJson[] {
  return Array.from({ length: last - first + 1 }, (_, index) => outage(first + index))
}

/** Adds an alert to its tenant's newest and publishes it, as the alert watch does. */
function publish(tenant: typeof acme, alert: AlertJson): void {
  const others = feed.alerts.recent(tenant).filter(({ id }) => id !== alert.id)
  feed.alerts.byTenant.set(tenant, [...others, alert].sort((a, b) => a.id - b.id).slice(-20))
  feed.feed.publishAlert(tenant, alert)
}

async function alertsOf(client: TestClient, count: number): Promise<readonly unknown[]> {
  const seen: unknown[] = []
  while (seen.length < count) seen.push((await client.next('alert'))['alert'])
  return seen
}

/** All alerts that reach a client from now on, in order. */
function alertsTo({ socket }: TestClient): readonly unknown[] {
  const seen: unknown[] = []
  socket.on('message', data => {
    const message = JSON.parse(data.toString())
    if (message.type === 'alert') seen.push(message.alert)
  })
  return seen
}

/** Resolves once the server has handled everything that the client sent before. */
async function heard(client: TestClient): Promise<void> {
  client.send({ type: 'subscribe', topics: ['sessions'], tenant: 'acme' })
  await client.next('sessions')
}

test('a subscriber gets the newest alerts, oldest first, and then each alert as it fires and as it ends', async () => {
  const { alerts } = await newFeed()
  alerts.byTenant.set(acme, outages(1, 20))
  const client = await feed.watch(acme)
  client.send({ type: 'subscribe', topics: ['alerts'] })
  expect(await client.next('alert')).toEqual({ type: 'alert', tenant: 'acme', alert: outage(1) })
  expect(await alertsOf(client, 19)).toEqual(outages(2, 20))
  publish(acme, outage(21))
  publish(acme, outage(21, { ended_at: START.toISOString() }))
  publish(acme, outage(3, { ended_at: START.toISOString() }))
  expect(await alertsOf(client, 3)).toEqual([
    outage(21),
    outage(21, { ended_at: START.toISOString() }),
    outage(3, { ended_at: START.toISOString() }),
  ])
})

test('a client without a subscription, or with one to another topic, gets no alerts', async () => {
  await newFeed()
  const [other, sessions, theirs] = [await feed.watch(acme), await feed.watch(acme), await feed.watch(globex)]
  theirs.send({ type: 'subscribe', topics: ['alerts'] })
  theirs.send({ type: 'subscribe', topics: ['sessions'] })
  await theirs.next('sessions')
  await heard(sessions)
  const mine = await feed.watch(acme)
  mine.send({ type: 'subscribe', topics: ['alerts'] })
  await heard(mine)
  const seen = [other, sessions, theirs].map(alertsTo)
  publish(acme, outage(1))
  await mine.next('alert')
  await feed.clock.turn(2000)
  for (const client of [other, sessions, theirs]) {
    client.send({ type: 'refresh' })
    await client.next('snapshot')
  }
  expect(seen).toEqual([[], [], []])
})

test('a tenant does not get another tenant’s alerts', async () => {
  const { alerts } = await newFeed()
  alerts.byTenant.set(globex, outages(1, 3))
  const client = await feed.watch(acme)
  const seen = alertsTo(client)
  client.send({ type: 'subscribe', topics: ['alerts'], tenant: 'globex' })
  expect(await client.closed).toBe(4403)
  expect(seen).toEqual([])
})

test('an admin names the tenants whose alerts it wants, and unsubscribes from one or all of them', async () => {
  const { alerts } = await newFeed()
  alerts.byTenant.set(globex, outages(1, 2))
  const admin = await feed.watchAll()
  admin.send({ type: 'subscribe', topics: ['alerts'] })
  expect(await admin.next('error')).toMatchObject({ code: 'tenant_required' })
  admin.send({ type: 'subscribe', topics: ['alerts'], tenant: 'initech' })
  expect(await admin.next('error')).toMatchObject({ code: 'unknown_tenant' })
  for (const tenant of ['globex', 'acme']) admin.send({ type: 'subscribe', topics: ['alerts'], tenant })
  expect(await admin.next('alert')).toMatchObject({ tenant: 'globex', alert: { id: 1 } })
  await admin.next('alert')
  await heard(admin)
  publish(acme, outage(3))
  expect(await admin.next('alert')).toMatchObject({ tenant: 'acme', alert: { id: 3 } })
  admin.send({ type: 'unsubscribe', topics: ['alerts'], tenant: 'globex' })
  await heard(admin)
  publish(globex, outage(4))
  publish(acme, outage(5))
  expect(await admin.next('alert')).toMatchObject({ tenant: 'acme', alert: { id: 5 } })
  admin.send({ type: 'unsubscribe', topics: ['alerts'] })
  await heard(admin)
  const seen = alertsTo(admin)
  publish(acme, outage(6))
  await heard(admin)
  expect(seen).toEqual([])
})

test('after unsubscribing a client gets no further alerts, but still its other topics', async () => {
  await newFeed()
  const client = await feed.watch(acme)
  client.send({ type: 'subscribe', topics: ['alerts', 'sessions'] })
  await client.next('sessions')
  client.send({ type: 'unsubscribe', topics: ['alerts'] })
  await heard(client)
  const seen = alertsTo(client)
  publish(acme, outage(1))
  await feed.clock.turn(5000)
  await client.next('sessions')
  client.send({ type: 'refresh' })
  await heard(client)
  expect(seen).toEqual([])
})

test('a refresh sends the newest alerts again, in their current state', async () => {
  await newFeed()
  const client = await feed.watch(acme)
  client.send({ type: 'subscribe', topics: ['alerts'] })
  await heard(client)
  publish(acme, outage(1))
  publish(acme, outage(2))
  publish(acme, outage(1, { ended_at: START.toISOString() }))
  await alertsOf(client, 3)
  client.send({ type: 'refresh' })
  expect(await alertsOf(client, 2)).toEqual([outage(1, { ended_at: START.toISOString() }), outage(2)])
})

test('the subscriptions of a removed tenant end, and an admin stays connected', async () => {
  await newFeed()
  const [client, admin] = [await feed.watch(globex), await feed.watchAll()]
  client.send({ type: 'subscribe', topics: ['alerts'] })
  for (const tenant of ['acme', 'globex']) admin.send({ type: 'subscribe', topics: ['alerts'], tenant })
  await heard(admin)
  feed.source.remove(globex)
  await feed.clock.turn(5000)
  expect(await client.closed).toBe(4403)
  publish(globex, outage(1))
  publish(acme, outage(2))
  expect(await admin.next('alert')).toMatchObject({ tenant: 'acme', alert: { id: 2 } })
})

/** Makes snapshots of megabytes: after one of them nothing more is sent to a client that does not read. */
const HUGE = 20_000

/** A subscriber for whom everything waits until it reads on. */
async function slowClient(): Promise<TestClient> {
  await newFeed({ limits: { slowAfterMs: 1e9, pingEveryMs: 1e9 } })
  const slow = await feed.watch(acme)
  slow.send({ type: 'subscribe', topics: ['alerts'] })
  await heard(slow)
  slow.socket.pause()
  feed.source.routerCount = HUGE
  for (let turn = 0; turn < 6; turn += 1) await feed.clock.turn(5000)
  return slow
}

/** Refreshes without reading, and waits until the server has handled that and everything before. */
async function refreshed(slow: TestClient): Promise<void> {
  await feed.clock.turn(1500)
  const asked = feed.source.asked.length
  slow.send({ type: 'refresh' })
  await expect.poll(() => feed.source.asked.length).toBe(asked + 1)
}

/** Lets a slow client read everything that waited for it. */
async function caughtUp(slow: TestClient): Promise<void> {
  slow.send({ type: 'refresh' })
  slow.send({ type: 'refresh' })
  slow.socket.resume()
  // The answer to the second refresh waits behind everything else.
  expect(await slow.next('error')).toMatchObject({ code: 'too_soon' })
}

test('a client that is slow for a while misses no alert, and sees an outage that has ended as ended', async () => {
  const slow = await slowClient()
  const quick = await feed.watch(acme)
  quick.send({ type: 'subscribe', topics: ['alerts'] })
  await heard(quick)
  for (const alert of outages(1, 32)) publish(acme, alert)
  publish(acme, outage(30, { ended_at: START.toISOString() }))
  expect(await alertsOf(quick, 33)).toHaveLength(33)
  slow.socket.resume()
  expect(await alertsOf(slow, 32)).toEqual([
    ...outages(1, 29),
    outage(30, { ended_at: START.toISOString() }),
    ...outages(31, 32),
  ])
})

test('a client that is slow through hundreds of alerts gets the last thirty-two', async () => {
  const slow = await slowClient()
  for (const alert of outages(1, 300)) publish(acme, alert)
  const seen = alertsTo(slow)
  await caughtUp(slow)
  expect([...seen].sort((a, b) => idOf(a) - idOf(b))).toEqual(outages(269, 300))
})

function idOf(alert: unknown): number {
  return typeof alert === 'object' && alert !== null && 'id' in alert ? Number(alert.id) : Number.NaN
}

test('a refresh by a slow client replaces none of the alerts that wait for it', async () => {
  const slow = await slowClient()
  for (const alert of outages(1, 32)) publish(acme, alert)
  await refreshed(slow)
  slow.socket.resume()
  expect(await alertsOf(slow, 32)).toEqual(outages(1, 32))
})

test('alerts that wait for a client are dropped when it unsubscribes', async () => {
  const slow = await slowClient()
  for (const alert of outages(1, 10)) publish(acme, alert)
  slow.send({ type: 'unsubscribe', topics: ['alerts'] })
  await refreshed(slow)
  const seen = alertsTo(slow)
  await caughtUp(slow)
  expect(seen).toEqual([])
})

test('a client that has left gets nothing more', async () => {
  await newFeed()
  const { clock, source, alerts } = feed
  const hub = new Hub({ source, alerts, clock, intervalMs: 1_000 })
  const slots: string[] = []
  const watcher: Watcher = { put: slot => slots.push(slot), drop: () => {}, dismiss: () => {} }
  hub.join(watcher, { kind: 'all' })
  for (const tenant of [acme, globex]) hub.subscribeAlerts(watcher, tenant)
  slots.length = 0
  hub.publishAlert(acme, outage(1))
  expect(slots).toEqual(['alert/acme/0'])
  hub.leave(watcher)
  for (const tenant of [acme, globex]) hub.publishAlert(tenant, outage(2))
  expect(slots).toHaveLength(1)
})

test('an alert is encoded once for all recipients', async () => {
  await newFeed()
  const source = new FakeAlerts()
  source.byTenant.set(acme, outages(1, 20))
  const topic = new AlertTopic(source)
  const frames: Buffer[] = []
  const watcher = (): Watcher => ({
    put: (_, frame) => frames.push(frame),
    drop: () => {},
    dismiss: () => {},
  })
  for (let count = 0; count < 50; count += 1) topic.subscribe(watcher(), acme)
  expect(frames).toHaveLength(1000)
  expect(new Set(frames).size).toBe(20)
  topic.publish(acme, outage(21))
  expect(new Set(frames).size).toBe(21)
  expect(frames).toHaveLength(1050)
})
