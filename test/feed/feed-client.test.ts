import { once } from 'node:events'
import { afterEach, expect, test } from 'vitest'
import { tenantId } from '../../src/accounting/ids.ts'
import { channelOf } from '../../src/feed/pusher/app.ts'
import { acme, globex, START } from './feed-fixture.ts'
import { app, PusherScene, type PusherSocket } from './pusher-scene.ts'

let scene: PusherScene

afterEach(() => scene.stop())

const ACME = channelOf(acme)

test('a new connection gets its socket id, and how often to ping', async () => {
  scene = await new PusherScene().start()
  const ids = new Set<unknown>()
  for (let count = 0; count < 20; count += 1) {
    const { data, raw } = await scene.open().next('pusher:connection_established')
    expect(typeof raw).toBe('string')
    expect(data['activity_timeout']).toBe(30)
    expect(app.isSocketId(String(data['socket_id']))).toBe(true)
    ids.add(data['socket_id'])
  }
  expect(ids.size).toBe(20)
})

test.each([
  ['/app/other?protocol=7', 4001],
  ['/app/key?protocol=5', 4007],
  ['/app/key', 4008],
])('%s gets an error with the reason, and is closed with %i', async (path, code) => {
  scene = await new PusherScene().start()
  const client = scene.open(path)
  expect((await client.next('pusher:error')).raw).toEqual({ code, message: expect.any(String) })
  expect(await client.closed).toBe(code)
})

test('a subscription is answered, followed at once by both events with the same stats', async () => {
  scene = await new PusherScene().start()
  const { client, socketId } = await scene.connect()
  client.subscribe(ACME, app.sign(socketId, ACME))
  const messages = await client.unread()
  expect(messages.map(({ event }) => event)).toEqual([
    'pusher_internal:subscription_succeeded',
    'stats.updated',
    'DashboardStatsUpdated',
  ])
  for (const { channel, raw } of messages) expect([channel, typeof raw]).toEqual([ACME, 'string'])
  const [, first, second] = messages
  expect(first?.data).toMatchObject({ stats: { active_sessions: 1, last_updated: START.toISOString() } })
  expect(first?.data).toEqual({ stats: scene.source.snapshot(acme, START).stats })
  expect(second?.raw).toBe(first?.raw)
})

test('a snapshot is made once per tenant and turn, however many Pusher clients watch', async () => {
  scene = await new PusherScene().start()
  const clients = await Promise.all(Array.from({ length: 50 }, () => scene.watch(acme)))
  expect(scene.source.asked).toEqual([acme])
  await scene.clock.turn(5000)
  for (const client of clients) {
    const { data } = await client.next('stats.updated')
    expect(data).toMatchObject({ stats: { last_updated: new Date(START.getTime() + 5000).toISOString() } })
  }
  expect(scene.source.asked).toEqual([acme, acme])
})

test('a tenant’s channel gets the stats of that tenant and no other', async () => {
  scene = await new PusherScene().start()
  const client = await scene.watch(acme)
  await scene.watch(globex)
  await scene.clock.turn(10_000)
  const channels = (await client.unread()).map(({ channel }) => channel)
  expect(channels).toEqual([ACME, ACME, ACME, ACME])
})

test.each([
  ['unsigned', () => ''],
  ['signed for another connection', () => app.sign('1.2', ACME)],
  ['signed for another channel', (id: string) => app.sign(id, channelOf(globex))],
])('a channel that is %s is refused, and the connection stays', async (_, auth) => {
  scene = await new PusherScene().start()
  const { client, socketId } = await scene.connect()
  client.subscribe(ACME, auth(socketId))
  const [refused, error, ...others] = await client.unread()
  expect(refused).toMatchObject({ event: 'pusher:subscription_error', channel: ACME, data: { status: 403 } })
  expect(error).toMatchObject({ event: 'pusher:error', raw: { code: 4009 } })
  expect(others).toEqual([])
  await scene.clock.turn(5000)
  expect(await client.unread()).toEqual([])
})

test('an unknown tenant and another kind of channel are refused in the same words, signed or not', async () => {
  scene = await new PusherScene().start()
  const { client, socketId } = await scene.connect()
  const answers = new Set<unknown>()
  const ask = async (channel: string, auth: string) => {
    client.subscribe(channel, auth)
    answers.add((await client.next('pusher:subscription_error')).raw)
  }
  await ask(ACME, 'key:nonsense')
  for (const channel of [channelOf('nobody'), 'private-tenant.acme.other', 'presence-x', 'public'])
    await ask(channel, app.sign(socketId, channel))
  expect(answers.size).toBe(1)
})

test('a client that unsubscribes gets no further stats, and may subscribe again', async () => {
  scene = await new PusherScene().start()
  const { client, socketId } = await scene.connect()
  client.subscribe(ACME, app.sign(socketId, ACME))
  client.send('pusher:unsubscribe', { channel: ACME })
  await client.unread()
  await scene.clock.turn(5000)
  expect(await client.unread()).toEqual([])
  client.subscribe(ACME, app.sign(socketId, ACME))
  await client.next('stats.updated')
})

test('a client that subscribes twice is answered twice, and gets each stats once', async () => {
  scene = await new PusherScene().start()
  const { client, socketId } = await scene.connect()
  for (let count = 0; count < 2; count += 1) client.subscribe(ACME, app.sign(socketId, ACME))
  expect(await client.unread()).toHaveLength(6)
  await scene.clock.turn(5000)
  expect(await client.unread()).toHaveLength(2)
})

test('a page of two hundred tenants may subscribe to all of them at once, and leave them at once', async () => {
  scene = new PusherScene()
  const tenants = Array.from({ length: 200 }, (_, number) => tenantId(`tenant-${number}`))
  scene.source.tenants = () => tenants
  await scene.start()
  const { client, socketId } = await scene.connect()
  const channels = tenants.map(channelOf)
  for (const channel of channels) client.subscribe(channel, app.sign(socketId, channel))
  expect(await client.unread()).toHaveLength(600)
  for (const channel of channels) client.send('pusher:unsubscribe', { channel })
  expect(await client.unread()).toEqual([])
  expect(client.socket.readyState).toBe(client.socket.OPEN)
})

test('an address opens as many connections at once as it may have, then a limited number a second', async () => {
  scene = new PusherScene({}, { limits: { connectionsPerAddress: 2, addressRequestsPerSecond: 1 } })
  await scene.start()
  for (let count = 0; count < 2; count += 1) await scene.connect()
  const [, response] = await once(scene.open().socket, 'unexpected-response')
  expect(response.statusCode).toBe(429)
  await scene.clock.turn(1000)
  await scene.connect()
})

test.each([
  ['pings', { event: 'pusher:ping' }],
  ['channels that aren’t signed', { event: 'pusher:subscribe', data: { channel: ACME, auth: 'key:none' } }],
  ['unknown events', { event: 'pusher:signin', data: {} }],
])('too many %s at once are closed with 4100', async (_, message) => {
  scene = await new PusherScene().start()
  const { client } = await scene.connect()
  for (let count = 0; count < 21; count += 1) client.socket.send(JSON.stringify(message))
  expect(await client.closed).toBe(4100)
})

test('subscribing again and again is too much', async () => {
  scene = await new PusherScene().start()
  const { client, socketId } = await scene.connect()
  const auth = app.sign(socketId, ACME)
  for (let count = 0; count < 25; count += 1) {
    client.subscribe(ACME, auth)
    client.send('pusher:unsubscribe', { channel: ACME })
  }
  expect(await client.closed).toBe(4100)
})

test('a client’s own events are refused and not forwarded', async () => {
  scene = await new PusherScene().start()
  const client = await scene.watch(acme)
  const other = await scene.watch(acme)
  client.socket.send(JSON.stringify({ event: 'client-typing', channel: ACME, data: {} }))
  expect((await client.next('pusher:error')).raw).toEqual({ code: null, message: expect.any(String) })
  expect(await other.unread()).toEqual([])
})

test.each([
  ['no JSON', '{"event":', 1007],
  ['binary', Buffer.from('{"event":"pusher:ping"}'), 1007],
  ['too large', JSON.stringify({ event: 'client-x', data: 'x'.repeat(16 * 1024) }), 1009],
])('a message that is %s closes its own connection, and no other', async (_, message, code) => {
  scene = await new PusherScene().start()
  const other = await scene.watch(acme)
  const client = await scene.watch(acme)
  client.socket.send(message)
  expect(await client.closed).toBe(code)
  await scene.clock.turn(5000)
  await other.next('stats.updated')
})

test('a silent client is pinged, and closed with 4201 if it stays silent for as long again', async () => {
  scene = await new PusherScene().start()
  const client = await scene.watch(acme)
  await scene.clock.turn(30_000)
  await client.next('pusher:ping')
  await scene.clock.turn(30_000)
  expect(await client.closed).toBe(4201)
})

test('a client that answers pings stays, and so does one that sends pings', async () => {
  scene = await new PusherScene().start()
  const client = await scene.watch(acme)
  const pinging = await scene.watch(acme)
  const eventsOf = async (it: PusherSocket) => (await it.unread()).map(({ event }) => event)
  for (let turn = 0; turn < 4; turn += 1) {
    for (let half = 0; half < 2; half += 1) {
      await scene.clock.turn(15_000)
      expect(await eventsOf(pinging)).not.toContain('pusher:ping')
    }
    await client.next('pusher:ping')
    client.send('pusher:pong', {})
    expect(await eventsOf(client)).not.toContain('pusher:ping')
  }
  expect(client.socket.readyState).toBe(client.socket.OPEN)
  expect(pinging.socket.readyState).toBe(pinging.socket.OPEN)
})

test('a client without a subscription is closed with 4101 after thirty seconds, and not before', async () => {
  scene = await new PusherScene().start()
  const { client } = await scene.connect()
  const stayer = await scene.watch(acme)
  stayer.send('pusher:unsubscribe', { channel: ACME })
  client.subscribe(ACME, 'key:nonsense')
  await stayer.unread()
  await scene.clock.turn(29_000)
  expect(client.socket.readyState).toBe(client.socket.OPEN)
  await scene.clock.turn(1000)
  expect(await client.closed).toBe(4101)
  expect(stayer.socket.readyState).toBe(stayer.socket.OPEN)
})

/** Subscribes with a signature of our endpoint. */
async function watchUntil(seconds: number, tenant = acme): Promise<PusherSocket> {
  const { client, socketId } = await scene.connect()
  const channel = channelOf(tenant)
  client.subscribe(channel, app.signUntil(socketId, channel, new Date(START.getTime() + seconds * 1000)))
  return client
}

test('a signature of our endpoint ends with its token, with 4202, and one of a backend does not', async () => {
  scene = await new PusherScene().start()
  const leaver = await watchUntil(10)
  await leaver.next('stats.updated')
  const stayer = await scene.watch(acme)
  await scene.clock.turn(9000)
  expect(leaver.socket.readyState).toBe(leaver.socket.OPEN)
  await scene.clock.turn(1000)
  expect(await leaver.closed).toBe(4202)
  await stayer.unread()
  await scene.clock.turn(5000)
  await stayer.next('stats.updated')
})

test('an expired signature is refused', async () => {
  scene = await new PusherScene().start()
  const client = await watchUntil(0)
  await client.next('pusher:subscription_error')
})

test('a client may leave the expiring channel and stay, or sign again and stay longer', async () => {
  scene = await new PusherScene().start()
  const { client, socketId } = await scene.connect()
  const subscribe = (seconds: number, channel: string) =>
    client.subscribe(channel, app.signUntil(socketId, channel, new Date(START.getTime() + seconds * 1000)))
  subscribe(5, ACME)
  subscribe(5, channelOf(globex))
  subscribe(15, ACME)
  client.send('pusher:unsubscribe', { channel: channelOf(globex) })
  await client.unread()
  await scene.clock.turn(14_000)
  expect(client.socket.readyState).toBe(client.socket.OPEN)
  await scene.clock.turn(1000)
  expect(await client.closed).toBe(4202)
})

test('new token rules end what our endpoint signed or may have signed, and nothing that a backend signed', async () => {
  scene = await new PusherScene().start()
  const [signed, unsubscribed] = [await watchUntil(600), (await scene.connect()).client]
  const stayer = await scene.watch(globex)
  await signed.next('stats.updated')
  const changed = scene.feed.rulesChanged()
  await scene.clock.turn(0)
  await changed
  expect([await signed.closed, await unsubscribed.closed]).toEqual([4202, 4202])
  await scene.clock.turn(5000)
  await stayer.next('stats.updated')
})

test('a removed tenant’s channel ends, and no other channel of the same client', async () => {
  scene = await new PusherScene().start()
  const { client, socketId } = await scene.connect()
  for (const tenant of [acme, globex])
    client.subscribe(channelOf(tenant), app.sign(socketId, channelOf(tenant)))
  await client.unread()
  scene.source.remove(acme)
  await scene.clock.turn(5000)
  expect(await client.next('pusher:subscription_error')).toMatchObject({ channel: ACME })
  await scene.clock.turn(5000)
  const channels = new Set((await client.unread()).map(({ channel }) => channel))
  expect([...channels].filter(channel => channel !== undefined)).toEqual([channelOf(globex)])
})

/** Makes snapshots of two megabytes, of which the kernel buffers only a few for a client that does not read. */
function fatten({ source }: PusherScene): void {
  const snapshotOf = source.snapshot.bind(source)
  source.snapshot = (tenant, now) => {
    const snapshot = snapshotOf(tenant, now)
    return { ...snapshot, stats: { ...snapshot.stats, timezone: 'x'.repeat(1e6) } }
  }
}

async function updatedAt(client: PusherSocket): Promise<number> {
  const stats = JSON.stringify((await client.next('stats.updated')).data)
  return Date.parse(/"last_updated":"([^"]+)"/.exec(stats)?.[1] ?? '')
}

test('a slow client skips to the newest stats, and the others miss none', async () => {
  scene = await new PusherScene({ slowAfterMs: 1e9, pingEveryMs: 1e9 }).start()
  const slow = await scene.watch(acme)
  const quick = await scene.watch(acme)
  slow.socket.pause()
  fatten(scene)
  for (let turn = 1; turn <= 20; turn += 1) {
    await scene.clock.turn(5000)
    expect(await updatedAt(quick)).toBe(START.getTime() + turn * 5000)
  }
  slow.socket.resume()
  const seen: number[] = []
  do seen.push(await updatedAt(slow))
  while (seen.at(-1) !== START.getTime() + 100_000)
  expect(seen.length).toBeLessThan(15)
  expect(seen).toEqual([...seen].sort((a, b) => a - b))
})

test('a client that reads nothing for thirty seconds is closed with 4100', async () => {
  scene = await new PusherScene({ pingEveryMs: 1e9 }).start()
  const slow = await scene.watch(acme)
  slow.socket.pause()
  fatten(scene)
  await scene.clock.turn(100_000)
  slow.socket.resume()
  expect(await slow.closed).toBe(4100)
})

test('connections above the limit of a tenant are closed with 4100, and unsubscribing makes room', async () => {
  scene = await new PusherScene({ connectionsPerTenant: 1 }).start()
  const first = await scene.watch(acme)
  const { client, socketId } = await scene.connect()
  client.subscribe(ACME, app.sign(socketId, ACME))
  expect(await client.closed).toBe(4100)
  first.send('pusher:unsubscribe', { channel: ACME })
  await first.unread()
  const second = await scene.watch(acme)
  second.socket.close()
  await second.closed
  await scene.watch(acme)
})

test('a tenant that was removed and comes back has its full number of connections', async () => {
  scene = await new PusherScene({ connectionsPerTenant: 1 }).start()
  await scene.watch(acme)
  const tenants = scene.source.tenants()
  scene.source.remove(acme)
  await scene.clock.turn(5000)
  scene.source.tenants = () => tenants
  await scene.watch(acme)
})

test('connections above the limit of an address are closed with 4100', async () => {
  scene = await new PusherScene({ connectionsPerAddress: 1 }).start()
  const { client } = await scene.connect()
  expect(await scene.open().closed).toBe(4100)
  client.socket.close()
  await client.closed
  await scene.connect()
})

test('stop closes every client with 1001, leaves no timer, and accepts no new client', async () => {
  scene = await new PusherScene().start()
  const clients = [await scene.watch(acme), (await scene.connect()).client]
  await scene.feed.stop()
  expect(await Promise.all(clients.map(client => client.closed))).toEqual([1001, 1001])
  expect(scene.clock.sleepers).toBe(0)
  expect(scene.feed.connections).toBe(0)
  expect(await scene.open().closed).toBe(1006)
})
