import { setImmediate } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { tenantId } from '../../src/accounting/ids.ts'
import { connectFeed } from '../../src/client/feed.ts'
import { acme, adminToken, FakeSource, globex, START, TestFeed, tenantToken } from '../feed/feed-fixture.ts'
import { Dashboard } from './dashboard.ts'
import { Relay } from './relay.ts'

const opened: { close(): void }[] = []
const started: { stop(): Promise<void> }[] = []

afterEach(async () => {
  for (const feed of opened.splice(0)) feed.close()
  for (const server of started.splice(0).reverse()) await server.stop()
})

async function newFeed(source = new FakeSource(acme, globex)): Promise<TestFeed> {
  const feed = await new TestFeed({ source }).start()
  started.push(feed)
  return feed
}

async function relayTo(feed: TestFeed): Promise<Relay> {
  const relay = await new Relay(feed.port).start()
  started.push(relay)
  return relay
}

function watch(...args: ConstructorParameters<typeof Dashboard>): Dashboard {
  const dashboard = new Dashboard(...args)
  opened.push(dashboard.feed)
  return dashboard
}

function inSeconds(seconds: number): Date {
  return new Date(START.getTime() + seconds * 1000)
}

/** Lets time pass for both, receiving each snapshot before the next is due. */
async function pass(seconds: number, server: TestFeed, { clock, snapshots }: Dashboard): Promise<void> {
  for (let second = 0; second < seconds; second += 5) {
    await server.clock.turn(5000)
    await snapshots.next()
    await clock.turn(5000)
  }
}

test('a client with a good token gets a welcome, and the numbers at once and at each interval', async () => {
  const server = await newFeed()
  const { feed, welcomes, snapshots } = watch(server.url)
  expect(await welcomes.next()).toMatchObject({ role: 'tenant', tenants: ['acme'], interval_ms: 5000 })
  expect(await snapshots.next()).toMatchObject({ tenant: 'acme', seq: 1, stats: { active_sessions: 1 } })
  expect(feed.state).toEqual({ kind: 'live' })
  await server.clock.turn(5000)
  expect(await snapshots.next()).toMatchObject({ seq: 2 })
})

test('a removed listener is not called again, and the others are', async () => {
  const server = await newFeed()
  const { feed, snapshots } = watch(server.url)
  const seen: number[] = []
  const forget = feed.on('snapshot', ({ seq }) => seen.push(seq))
  await snapshots.next()
  forget()
  await server.clock.turn(5000)
  await snapshots.next()
  expect(seen).toEqual([1])
})

test('sessions come to a client that subscribes before the connection is there, or after', async () => {
  const server = await newFeed()
  const { feed, snapshots, sessions } = watch(server.url)
  feed.subscribe('sessions')
  expect(await sessions.next()).toMatchObject({ tenant: 'acme', sessions: [{ username: 'ada' }] })
  await snapshots.next()
  const other = watch(server.url)
  await other.snapshots.next()
  other.feed.subscribe('sessions')
  await other.sessions.next()
})

test('sessions come until the last subscriber unsubscribes', async () => {
  const server = await newFeed()
  const { feed, snapshots, sessions, errors } = watch(server.url)
  const enough = [feed.subscribe('sessions'), feed.subscribe('sessions')]
  await sessions.next()
  enough[0]?.()
  enough[0]?.()
  await server.clock.turn(5000)
  await sessions.next()
  enough[1]?.()
  // The answer to the second refresh shows that the messages before it were handled.
  feed.refresh()
  feed.subscribe('system')
  expect(await errors.next()).toMatchObject({ kind: 'closed', code: 4403 })
  expect(sessions.all).toHaveLength(2)
  await snapshots.next()
})

test('an admin may subscribe to the sessions of a hundred tenants without being closed for it', async () => {
  const tenants = Array.from({ length: 100 }, (_, number) => tenantId(`tenant-${number}`))
  const server = await newFeed(new FakeSource(...tenants))
  const { clock, feed, welcomes, sessions } = watch(server.url, { token: adminToken })
  const systems: number[] = []
  feed.on('system', ({ stats }) => systems.push(stats.active_sessions))
  feed.subscribe('system')
  for (const tenant of tenants) feed.subscribe('sessions', tenant)
  await welcomes.next()
  for (let second = 0; second < 11; second += 1) {
    for (let count = 0; count < (second === 0 ? 8 : second === 10 ? 2 : 10); count += 1) await sessions.next()
    await server.clock.turn(1000)
    await clock.turn(1000)
  }
  expect(new Set(sessions.all.map(({ tenant }) => tenant)).size).toBe(100)
  expect(systems[0]).toBe(100)
  expect(feed.state).toEqual({ kind: 'live' })
})

test('an error from the server is emitted, and closes nothing', async () => {
  const server = await newFeed()
  const { feed, snapshots, errors } = watch(server.url, { token: adminToken })
  await snapshots.next()
  feed.subscribe('sessions', 'initech')
  expect(await errors.next()).toEqual({ kind: 'server', code: 'unknown_tenant', message: 'no such tenant' })
  expect(feed.state).toEqual({ kind: 'live' })
})

test('another token is requested half a minute before the end of the first, and the connection stays', async () => {
  const server = await newFeed()
  const lives = [60, 3600]
  const tokens: Promise<string>[] = []
  const token = () => {
    const made = tenantToken(acme, inSeconds(lives.shift() ?? 0))
    tokens.push(made)
    return made
  }
  const dashboard = watch(server.url, { token })
  const { clock, feed, snapshots, sessions } = dashboard
  await snapshots.next()
  await pass(25, server, dashboard)
  await clock.turn(4_999)
  expect(dashboard.tokensAsked).toBe(1)
  await clock.turn(1)
  expect(dashboard.tokensAsked).toBe(2)
  await tokens[1]
  // It was sent by now.
  await setImmediate()
  // The answer to this shows that the token before it was handled.
  feed.subscribe('sessions')
  await sessions.next()
  await pass(40, server, dashboard)
  expect(server.feed.connections).toBe(1)
  expect(dashboard.welcomes.all).toHaveLength(1)
})

test('a client that could not renew its token is closed at its end, and comes back with another', async () => {
  const server = await newFeed()
  let life = 60
  let isIssuerUp = true
  const dashboard = watch(server.url, {
    token: () => (isIssuerUp ? tenantToken(acme, inSeconds(life)) : Promise.reject(new Error('issuer down'))),
  })
  const { clock, snapshots, errors, welcomes } = dashboard
  await snapshots.next()
  isIssuerUp = false
  await pass(30, server, dashboard)
  expect(await errors.next()).toMatchObject({ kind: 'no_token', cause: new Error('issuer down') })
  await server.clock.turn(30_000)
  expect(await dashboard.waiting()).toMatchObject({ ms: 500, why: { kind: 'closed', code: 4401 } })
  await clock.turn(500)
  expect(await dashboard.waiting()).toMatchObject({ ms: 1000, why: { kind: 'no_token' } })
  isIssuerUp = true
  life = 3600
  await clock.turn(1000)
  await welcomes.next()
  await welcomes.next()
})

test('after a restart of the server the client reconnects, with its subscriptions', async () => {
  const first = await newFeed()
  const relay = await relayTo(first)
  const dashboard = watch(relay.url)
  const { clock, feed, snapshots, sessions, welcomes } = dashboard
  feed.subscribe('sessions')
  await snapshots.next()
  await sessions.next()
  await first.feed.stop()
  expect(await dashboard.waiting()).toMatchObject({ ms: 500, why: { kind: 'closed', code: 1001 } })
  relay.targetPort = 1
  await clock.turn(500)
  expect(await dashboard.waiting()).toMatchObject({ ms: 1000, why: { kind: 'closed', code: 1006 } })
  await clock.turn(1000)
  expect(await dashboard.waiting()).toMatchObject({ ms: 2000 })
  relay.targetPort = (await newFeed()).port
  await clock.turn(2000)
  await welcomes.next()
  await welcomes.next()
  expect(await snapshots.next()).toMatchObject({ seq: 1 })
  await sessions.next()
})

test('a client that is refused with 4403 stays away for good, with no timer left', async () => {
  const server = await newFeed()
  const dashboard = watch(server.url)
  await dashboard.snapshots.next()
  server.source.remove(acme)
  await server.clock.turn(5000)
  const why = { kind: 'closed', code: 4403, reason: 'the tenant is not served here' }
  expect(await dashboard.errors.next()).toEqual(why)
  expect(await dashboard.closed()).toEqual({ kind: 'closed', why })
  expect(dashboard.clock.sleepers).toBe(0)
})

test('a network that transfers single bytes delivers every snapshot whole', async () => {
  const server = await newFeed()
  const relay = await relayTo(server)
  relay.way = 'byte by byte'
  const { snapshots, errors } = watch(relay.url)
  expect(await snapshots.next()).toMatchObject({ seq: 1, routers: [{ id: 'hq0' }] })
  server.source.routerCount = 50
  await server.clock.turn(5000)
  expect((await snapshots.next()).routers).toHaveLength(50)
  expect(errors.all).toEqual([])
})

test('a connection that died silently is dropped after three intervals, and another is made', async () => {
  const server = await newFeed()
  const relay = await relayTo(server)
  const dashboard = watch(relay.url)
  const { clock, feed, snapshots, stale, fresh } = dashboard
  const { as_of } = await snapshots.next()
  relay.way = 'frozen'
  await server.clock.turn(5000)
  await clock.turn(14_999)
  expect(feed.isStale).toBe(false)
  await clock.turn(1)
  expect(await stale.next()).toEqual({ as_of })
  expect(feed.isStale).toBe(true)
  expect(await dashboard.waiting()).toMatchObject({ ms: 500, why: { kind: 'silent' } })
  relay.way = 'through'
  await clock.turn(500)
  expect(await fresh.next()).toEqual({ as_of: (await snapshots.next()).as_of })
  expect(feed.isStale).toBe(false)
})

test('a server that accepts the connection and sends nothing is left after half a minute', async () => {
  const server = await newFeed()
  const relay = await relayTo(server)
  relay.way = 'frozen'
  const dashboard = watch(relay.url)
  // The client has its token, so it now waits for the server.
  await expect.poll(() => relay.taken).toBe(1)
  await dashboard.clock.turn(29_999)
  expect(dashboard.feed.state).toEqual({ kind: 'connecting' })
  await dashboard.clock.turn(1)
  expect(await dashboard.waiting()).toMatchObject({ why: { kind: 'silent' } })
})

test('a closed feed emits that, then nothing, leaves no timer, and has left the server', async () => {
  const server = await newFeed()
  const { clock, feed, snapshots, states } = watch(server.url)
  await snapshots.next()
  feed.close()
  feed.close()
  feed.subscribe('sessions')
  expect(states.all.at(-1)).toEqual({ kind: 'closed', why: undefined })
  const said = states.all.length
  expect(clock.sleepers).toBe(0)
  await expect.poll(() => server.feed.connections).toBe(0)
  await clock.turn(60_000)
  expect(states.all).toHaveLength(said)
})

test('without a WebSocket an error says at once that one must be passed', async () => {
  const has = Reflect.get(globalThis, 'WebSocket')
  Reflect.deleteProperty(globalThis, 'WebSocket')
  try {
    expect(() => connectFeed({ url: 'ws://127.0.0.1/ws', token: adminToken })).toThrow(/pass one/)
  } finally {
    if (has !== undefined) Reflect.set(globalThis, 'WebSocket', has)
  }
})
