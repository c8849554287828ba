import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { Dashboard } from './dashboard.ts'
import { ScriptedFeed } from './scripted-feed.ts'

let server: ScriptedFeed
const opened: { close(): void }[] = []

beforeEach(async () => {
  server = await new ScriptedFeed().start()
})

afterEach(async () => {
  for (const feed of opened.splice(0)) feed.close()
  await server.stop()
})

function watch(options: ConstructorParameters<typeof Dashboard>[1] = {}): Dashboard {
  const dashboard = new Dashboard(server.url, options)
  opened.push(dashboard.feed)
  return dashboard
}

test('the token is the first message, under the feed’s subprotocol, and not in the URL', async () => {
  watch({ token: async () => 'head.claims.signature' })
  const connection = await server.next()
  expect(connection.socket.protocol).toBe('tikmeter.v1')
  expect(connection.request.url).toBe('/ws')
  expect(await connection.next()).toEqual({ type: 'auth', token: 'head.claims.signature' })
})

test('each wait is twice the previous one, up to thirty seconds, and short again after a welcome', async () => {
  const dashboard = watch({ random: () => 1 })
  const waits: number[] = []
  for (let attempt = 0; attempt < 7; attempt += 1) {
    const connection = await server.next()
    connection.socket.close(4413)
    const { ms } = await dashboard.waiting()
    waits.push(ms)
    await dashboard.clock.turn(ms)
  }
  expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000])
  const connection = await server.next()
  await connection.welcome()
  await dashboard.welcomes.next()
  connection.socket.close(1001)
  expect(await dashboard.waiting()).toMatchObject({ ms: 1000 })
})

test.each([1013, 4429, 4400, 1009])(
  'after %i at the first attempt the client comes back much later',
  async code => {
    const dashboard = watch()
    const connection = await server.next()
    connection.socket.close(code)
    expect(await dashboard.waiting()).toMatchObject({ ms: 15_000, why: { kind: 'closed', code } })
    await dashboard.clock.turn(14_999)
    expect(server.accepted).toBe(1)
    await dashboard.clock.turn(1)
    await server.next()
  },
)

test('after a refused token another one is requested at the next attempt', async () => {
  const tokens = ['old', 'new']
  const dashboard = watch({ token: async () => tokens.shift() ?? 'none' })
  const first = await server.next()
  expect(await first.next()).toMatchObject({ token: 'old' })
  first.socket.close(4401)
  await dashboard.retry()
  expect(await (await server.next()).next()).toMatchObject({ token: 'new' })
})

test('a token that never comes is waited for half a minute', async () => {
  const late: ((token: string) => void)[] = []
  const dashboard = watch({ token: () => new Promise(resolve => late.push(resolve)) })
  await dashboard.clock.turn(30_000)
  expect(await dashboard.waiting()).toMatchObject({ ms: 500, why: { kind: 'silent' } })
  late[0]?.('too late')
  await dashboard.clock.turn(500)
  late[1]?.('in time')
  expect(await (await server.next()).next()).toMatchObject({ token: 'in time' })
  expect(server.accepted).toBe(1)
})

test('a token function that throws is called again', async () => {
  let isThrowing = true
  const dashboard = watch({
    token: () => {
      if (isThrowing) throw new Error('logged out')
      return Promise.resolve('in')
    },
  })
  expect(await dashboard.errors.next()).toMatchObject({ kind: 'no_token', cause: new Error('logged out') })
  isThrowing = false
  await dashboard.retry()
  await server.next()
})

test('an unusable URL is reported, and tried again', async () => {
  const dashboard = new Dashboard('no such thing')
  opened.push(dashboard.feed)
  expect(await dashboard.errors.next()).toMatchObject({ kind: 'unusable_url' })
  expect(await dashboard.waiting()).toMatchObject({ ms: 500 })
})

test('garbage is reported and skipped, and later messages are emitted', async () => {
  const { snapshots, errors, feed } = watch()
  const connection = await server.next()
  await connection.welcome()
  for (const frame of [
    'nonsense',
    '',
    '[]',
    'null',
    '{"type":7}',
    '{"type":"snapshot","tenant":"acme"}',
    '{"type":"snapshot","tenant":"acme","seq":1,"as_of":"","stats":null,"routers":[]}',
    '{"type":"welcome"}',
    Buffer.from([1, 2, 3]),
  ])
    connection.socket.send(frame)
  for (let count = 0; count < 9; count += 1) expect((await errors.next()).kind).toBe('garbage')
  for (const type of ['forecast', 'toString', '__proto__']) connection.say({ type, tenant: 'acme' })
  connection.snapshot(7)
  expect(await snapshots.next()).toMatchObject({ seq: 7 })
  expect(errors.all).toHaveLength(9)
  expect(feed.state).toEqual({ kind: 'live' })
})

test('a server that welcomes and sends no snapshots is dropped, each time, and reported as stale once', async () => {
  const dashboard = watch()
  for (let attempt = 0; attempt < 2; attempt += 1) {
    await (await server.next()).welcome()
    await dashboard.welcomes.next()
    await dashboard.clock.turn(15_000)
    expect(await dashboard.waiting()).toMatchObject({ ms: 500, why: { kind: 'silent' } })
    await dashboard.clock.turn(500)
  }
  expect(dashboard.stale.all).toEqual([{ as_of: undefined }])
})

test('numbers get stale without a connection', async () => {
  const dashboard = watch()
  const connection = await server.next()
  await connection.welcome()
  connection.snapshot(1)
  const { as_of } = await dashboard.snapshots.next()
  await server.stop()
  await dashboard.waiting()
  await dashboard.clock.turn(15_000)
  expect(await dashboard.stale.next()).toEqual({ as_of })
  server = await new ScriptedFeed().start()
})

test('an admin without tenants has no snapshot to miss', async () => {
  const dashboard = watch()
  await (await server.next()).welcome([])
  await dashboard.welcomes.next()
  await dashboard.clock.turn(600_000)
  expect(dashboard.feed.state).toEqual({ kind: 'live' })
  expect(dashboard.stale.all).toEqual([])
})

test('a feed that is closed while it connects, waits or requests a token leaves no timer', async () => {
  const connecting = watch()
  await server.next()
  connecting.feed.close()
  const waiting = watch()
  ;(await server.next()).socket.close(1001)
  await waiting.waiting()
  waiting.feed.close()
  const asking = watch({ token: () => new Promise(() => {}) })
  asking.feed.close()
  for (const { clock } of [connecting, waiting, asking]) expect(clock.sleepers).toBe(0)
})

test('a feed that is closed by a listener of its state leaves no timer', async () => {
  const dashboard = watch()
  dashboard.feed.on('state', ({ kind }) => {
    if (kind === 'waiting') dashboard.feed.close()
  })
  ;(await server.next()).socket.close(1001)
  await dashboard.closed()
  expect(dashboard.clock.sleepers).toBe(0)
})

test('a listener that throws does not affect the others, and its error is not swallowed', async () => {
  const faults: unknown[] = []
  vi.stubGlobal('queueMicrotask', (call: () => void) => {
    try {
      call()
    } catch (fault) {
      faults.push(fault)
    }
  })
  onTestFinished(() => {
    vi.unstubAllGlobals()
  })
  const dashboard = new Dashboard(server.url)
  opened.push(dashboard.feed)
  const before: number[] = []
  dashboard.feed.on('welcome', () => {
    throw new Error('the dashboard’s own')
  })
  dashboard.feed.on('welcome', ({ interval_ms }) => before.push(interval_ms))
  const connection = await server.next()
  await connection.welcome()
  connection.snapshot(1)
  await dashboard.snapshots.next()
  expect(before).toEqual([5000])
  expect(faults).toEqual([new Error('the dashboard’s own')])
})
