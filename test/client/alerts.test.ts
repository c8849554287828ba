import { afterEach, expect, test } from 'vitest'
import { acme, adminToken, globex, outage, START, TestFeed } from '../feed/feed-fixture.ts'
import { Dashboard } from './dashboard.ts'
import { Relay } from './relay.ts'
import { type ScriptedConnection, ScriptedFeed } from './scripted-feed.ts'

const ENDED_AT = START.toISOString()
const opened: { close(): void }[] = []
const started: { stop(): Promise<void> }[] = []

afterEach(async () => {
  for (const feed of opened.splice(0)) feed.close()
  for (const server of started.splice(0).reverse()) await server.stop()
})

async function newFeed(): Promise<TestFeed> {
  const feed = await new TestFeed().start()
  started.push(feed)
  return feed
}

function watch(...args: ConstructorParameters<typeof Dashboard>): Dashboard {
  const dashboard = new Dashboard(...args)
  opened.push(dashboard.feed)
  return dashboard
}

function ids({ alerts }: Dashboard): readonly (readonly [number, boolean])[] {
  return alerts.all.map(({ alert }) => [alert.id, alert.ended_at !== null])
}

/** A subscriber of a feed whose messages the test writes. */
async function scripted(): Promise<{
  readonly dashboard: Dashboard
  readonly connection: ScriptedConnection
}> {
  const server = await new ScriptedFeed().start()
  started.push(server)
  const dashboard = watch(server.url)
  dashboard.feed.subscribe('alerts')
  const connection = await server.next()
  await connection.welcome()
  expect(await connection.next()).toEqual({ type: 'subscribe', topics: ['alerts'] })
  return { dashboard, connection }
}

function say(connection: ScriptedConnection, alert: object, tenant = 'acme'): void {
  connection.say({ type: 'alert', tenant, alert })
}

test('a subscriber gets the newest alerts, and then each alert as it fires and as it ends', async () => {
  const server = await newFeed()
  server.alerts.byTenant.set(acme, [outage(1), outage(2)])
  const { feed, alerts } = watch(server.url)
  feed.subscribe('alerts')
  expect(await alerts.next()).toEqual({ type: 'alert', tenant: 'acme', alert: outage(1) })
  await alerts.next()
  server.feed.publishAlert(acme, outage(3))
  server.feed.publishAlert(acme, outage(3, { ended_at: ENDED_AT }))
  expect(await alerts.next()).toMatchObject({ alert: { id: 3, ended_at: null } })
  expect(await alerts.next()).toMatchObject({ alert: { id: 3, ended_at: ENDED_AT } })
})

test('after a reconnect a client gets what fired and ended meanwhile, and nothing twice', async () => {
  const [first, second] = [await newFeed(), await newFeed()]
  const relay = await new Relay(first.port).start()
  started.push(relay)
  first.alerts.byTenant.set(acme, [outage(1), outage(2)])
  const dashboard = watch(relay.url)
  const { clock, feed, alerts, snapshots } = dashboard
  feed.subscribe('alerts')
  await alerts.next()
  await alerts.next()
  second.alerts.byTenant.set(acme, [outage(1, { ended_at: ENDED_AT }), outage(2), outage(3)])
  relay.targetPort = second.port
  await first.feed.stop()
  await clock.turn((await dashboard.waiting()).ms)
  await alerts.next()
  await alerts.next()
  await snapshots.next()
  expect(ids(dashboard)).toEqual([
    [1, false],
    [2, false],
    [1, true],
    [3, false],
  ])
})

test('a refresh repeats no alert', async () => {
  const server = await newFeed()
  server.alerts.byTenant.set(acme, [outage(1)])
  const dashboard = watch(server.url)
  const { feed, alerts, snapshots } = dashboard
  feed.subscribe('alerts')
  await alerts.next()
  await snapshots.next()
  server.alerts.byTenant.set(acme, [outage(1), outage(2)])
  await server.clock.turn(2000)
  feed.refresh()
  expect(await alerts.next()).toMatchObject({ alert: { id: 2 } })
  expect(ids(dashboard)).toEqual([
    [1, false],
    [2, false],
  ])
})

test('a server that lags behind another revokes no end', async () => {
  const { dashboard, connection } = await scripted()
  say(connection, outage(1, { ended_at: ENDED_AT }))
  say(connection, outage(1))
  say(connection, outage(1, { ended_at: ENDED_AT }))
  say(connection, outage(2))
  await dashboard.alerts.next()
  await dashboard.alerts.next()
  expect(ids(dashboard)).toEqual([
    [1, true],
    [2, false],
  ])
})

test('the same number at another tenant, or in a new database, is another alert', async () => {
  const { dashboard, connection } = await scripted()
  say(connection, outage(1))
  say(connection, outage(1), 'globex')
  say(connection, { ...outage(1), fired_at: '2026-11-25T00:00:00.000Z' })
  for (let count = 0; count < 3; count += 1) await dashboard.alerts.next()
})

test('after thousands of alerts the first ones are forgotten, and the last ones are not', async () => {
  const { dashboard, connection } = await scripted()
  for (let id = 1; id <= 3000; id += 1) say(connection, outage(id))
  for (let id = 2001; id <= 3000; id += 1) say(connection, outage(id))
  say(connection, outage(1))
  for (let count = 0; count < 3001; count += 1) await dashboard.alerts.next()
  expect(dashboard.alerts.all.at(-1)).toMatchObject({ alert: { id: 1 } })
})

test('after unsubscribing from one tenant its alerts stop, and come again after subscribing again', async () => {
  const server = await newFeed()
  server.alerts.byTenant.set(globex, [outage(1)])
  const { feed, alerts, sessions, snapshots } = watch(server.url, { token: adminToken })
  const enough = feed.subscribe('alerts', 'globex')
  feed.subscribe('alerts', 'acme')
  await alerts.next()
  enough()
  // The answer to this shows that the message before it was handled.
  feed.subscribe('sessions', 'acme')
  await sessions.next()
  server.feed.publishAlert(globex, outage(2))
  server.feed.publishAlert(acme, outage(3))
  expect(await alerts.next()).toMatchObject({ tenant: 'acme', alert: { id: 3 } })
  feed.subscribe('alerts', 'globex')
  expect(await alerts.next()).toMatchObject({ tenant: 'globex', alert: { id: 1 } })
  await snapshots.next()
})

test('an alert without its subject is garbage', async () => {
  const { dashboard, connection } = await scripted()
  connection.say({ type: 'alert', tenant: 'acme' })
  expect(await dashboard.errors.next()).toMatchObject({
    kind: 'garbage',
    reason: expect.stringMatching('alert'),
  })
})
