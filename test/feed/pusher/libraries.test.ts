import { createRequire } from 'node:module'
import Echo from 'laravel-echo'
import type PusherModule from 'pusher-js'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Serving } from '../../../src/daemon/serving.ts'
import { channelOf } from '../../../src/feed/pusher/app.ts'
import { KEY, plainServing, pusherServing, tokenOf } from '../../auth/pusher-serving.ts'
import { acme, globex } from '../feed-fixture.ts'

type PusherJs = PusherModule.default
/** The build for Node exports the class itself, although its types say that it is a default export. */
const load = createRequire(import.meta.url)
const Pusher: typeof PusherModule.default = load('pusher-js')
const PusherForEcho: typeof PusherModule = load('pusher-js')

let serving: Serving
const clients: PusherJs[] = []

beforeEach(async () => {
  serving = pusherServing({ port: 0, origins: [] })
  await serving.start()
})

afterEach(async () => {
  for (const client of clients.splice(0)) client.disconnect()
  await serving.stop()
})

function connect(token: string): PusherJs {
  const port = serving.port ?? 0
  const client = new Pusher(KEY, {
    cluster: '',
    wsHost: '127.0.0.1',
    wsPort: port,
    forceTLS: false,
    enabledTransports: ['ws'],
    channelAuthorization: {
      endpoint: `http://127.0.0.1:${port}/broadcasting/auth`,
      transport: 'ajax',
      headers: { Authorization: `Bearer ${token}` },
    },
  })
  clients.push(client)
  return client
}

/** The data of the next event of this name. */
function once(
  on: (event: string, callback: (data: unknown) => void) => unknown,
  event: string,
): Promise<unknown> {
  return new Promise(resolve => on(event, resolve))
}

function bindOf(client: PusherJs, channel: string) {
  const subscribed = client.subscribe(channel)
  return (event: string, callback: (data: unknown) => void) => subscribed.bind(event, callback)
}

const STATS = { stats: { active_sessions: 1, online_routers: 1, last_updated: expect.any(String) } }

test.each(['acme', 'admin'] as const)(
  'pusher-js gets stats with the token of %s, by either event',
  async who => {
    const on = bindOf(connect(await tokenOf(who)), channelOf(acme))
    const events = ['stats.updated', 'DashboardStatsUpdated'].map(event => once(on, event))
    for (const data of await Promise.all(events)) expect(data).toMatchObject(STATS)
    expect(await once(on, 'stats.updated')).toMatchObject(STATS)
  },
)

test('pusher-js is refused another tenant’s channel, like one that doesn’t exist, and keeps its own', async () => {
  const client = connect(await tokenOf('acme'))
  const own = bindOf(client, channelOf(acme))
  const refusals = [channelOf(globex), channelOf('nobody')].map(channel =>
    once(bindOf(client, channel), 'pusher:subscription_error'),
  )
  for (const refusal of await Promise.all(refusals))
    expect(refusal).toMatchObject({ type: 'AuthError', status: 403 })
  expect(await once(own, 'stats.updated')).toMatchObject(STATS)
})

test('pusher-js gets an error on the channel for an invalid signature', async () => {
  const client = new Pusher(KEY, {
    cluster: '',
    wsHost: '127.0.0.1',
    wsPort: serving.port ?? 0,
    forceTLS: false,
    enabledTransports: ['ws'],
    channelAuthorization: {
      customHandler: (_, callback) => callback(null, { auth: `${KEY}:0123` }),
      endpoint: '',
      transport: 'ajax',
    },
  })
  clients.push(client)
  const error = once((event, callback) => client.connection.bind(event, callback), 'error')
  expect(await once(bindOf(client, channelOf(acme)), 'pusher:subscription_error')).toMatchObject({
    status: 403,
  })
  expect(await error).toMatchObject({ data: { code: 4009 } })
})

test('pusher-js with an unknown key gets an error, and stays away', async () => {
  const client = new Pusher('other', {
    cluster: '',
    wsHost: '127.0.0.1',
    wsPort: serving.port ?? 0,
    forceTLS: false,
    enabledTransports: ['ws'],
  })
  clients.push(client)
  const on = (event: string, callback: (data: unknown) => void) => client.connection.bind(event, callback)
  const [error] = await Promise.all([once(on, 'error'), once(on, 'disconnected')])
  expect(error).toMatchObject({ error: { data: { code: 4001 } } })
})

test('pusher-js comes back after a restart on the same port, and gets stats again', async () => {
  const client = connect(await tokenOf('acme'))
  const on = bindOf(client, channelOf(acme))
  await once(on, 'stats.updated')
  const port = serving.port ?? 0
  const before = client.connection.socket_id
  const connecting = once((event, callback) => client.connection.bind(event, callback), 'connecting')
  await serving.stop()
  const again = once(on, 'stats.updated')
  serving = pusherServing({ port, origins: [] })
  await serving.start()
  await connecting
  expect(await again).toMatchObject(STATS)
  expect(client.connection.socket_id).not.toBe(before)
})

test('laravel-echo gets stats on its private channel, and is refused another tenant’s', async () => {
  const client = connect(await tokenOf('acme'))
  const echo = new Echo({ broadcaster: 'pusher', key: KEY, client })
  const own = echo.private('tenant.acme.dashboard-stats')
  const events = ['.stats.updated', '.DashboardStatsUpdated'].map(event =>
    once((name, callback) => own.listen(name, callback), event),
  )
  for (const data of await Promise.all(events)) expect(data).toMatchObject(STATS)
  const refusal = new Promise(resolve => echo.private('tenant.globex.dashboard-stats').error(resolve))
  expect(await refusal).toMatchObject({ status: 403 })
})

test('laravel-echo that makes its own pusher-js, with a bearer token, gets stats', async () => {
  const port = serving.port ?? 0
  const echo = new Echo({
    broadcaster: 'pusher',
    key: KEY,
    Pusher: PusherForEcho,
    cluster: '',
    wsHost: '127.0.0.1',
    wsPort: port,
    forceTLS: false,
    enabledTransports: ['ws'],
    authEndpoint: `http://127.0.0.1:${port}/broadcasting/auth`,
    bearerToken: await tokenOf('acme'),
    namespace: '',
  })
  const own = echo.private('tenant.acme.dashboard-stats')
  expect(await once((name, callback) => own.listen(name, callback), 'DashboardStatsUpdated')).toMatchObject(
    STATS,
  )
  echo.disconnect()
})

test('the path only accepts WebSockets, and does not exist without pusher in the config', async () => {
  const plain = plainServing()
  await plain.start()
  const statusOf = async ({ port }: Serving, path: string, method: string) =>
    (await fetch(`http://127.0.0.1:${port}${path}`, { method })).status
  expect(await statusOf(serving, `/app/${KEY}?protocol=7`, 'GET')).toBe(426)
  expect(await statusOf(plain, `/app/${KEY}?protocol=7`, 'GET')).toBe(404)
  expect(await statusOf(serving, '/broadcasting/auth', 'POST')).toBe(401)
  expect(await statusOf(plain, '/broadcasting/auth', 'POST')).toBe(404)
  await plain.stop()
})
