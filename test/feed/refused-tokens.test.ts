import { SignJWT } from 'jose'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { stringify } from 'yaml'
import { JwtVerifier } from '../../src/auth/tokens.ts'
import type { Config } from '../../src/config/config.ts'
import { Secret } from '../../src/config/fields/secret.ts'
import { tokenRulesOf } from '../../src/config/revealed.ts'
import type { Serving } from '../../src/daemon/serving.ts'
import { channelOf, PusherApp } from '../../src/feed/pusher/app.ts'
import { KEY, servingOf } from '../auth/pusher-serving.ts'
import { configOf } from '../config/config-text.ts'
import { HandClock } from '../runtime/hand-clock.ts'
import { acme, bearer, inOneHour, START, silent, TestClient } from './feed-fixture.ts'
import { PusherSocket } from './pusher-scene.ts'

const SECRETS = {
  PANEL: 'the secret of the panel, of 32 bytes or more',
  NEXT: 'the next secret of it, of 32 bytes or more',
}
/** A key with every possible requirement. */
const STRICT = { secret: fromEnvironment('PANEL'), issuer: 'panel', audience: 'usage', max_age: '10m' }
const NEXT = { ...STRICT, secret: fromEnvironment('NEXT') }
const PUSHER = { key: KEY, secret: new Secret('the secret of the app') }
const app = new PusherApp({ key: KEY, secret: 'the secret of the app' })
const CHANNEL = channelOf(acme)
const A_SECOND_MS = 1_000

function fromEnvironment(name: keyof typeof SECRETS): string {
  return `$\{${name}}`
}

/** A config as an operator writes it. */
function written(keys: readonly object[], notBefore?: Date): Config {
  const auth = notBefore === undefined ? {} : { auth: { not_before: notBefore.toISOString() } }
  const tenants = [{ id: 'acme', ...auth, routers: [] }]
  return configOf(stringify({ auth: { keys }, tenants }), SECRETS)
}

function secondsAgo(seconds: number): Date {
  return new Date(START.getTime() - seconds * 1_000)
}

interface Claims {
  readonly exp?: number
  readonly [name: string]: unknown
}

/** A token that its key accepts, unless the claims say otherwise. */
function tokenOf(claims: Claims = {}, secret = SECRETS.PANEL): Promise<string> {
  const iat = secondsAgo(60).getTime() / 1_000
  return new SignJWT({ tenant: 'acme', iss: 'panel', aud: 'usage', iat, ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime(claims.exp ?? inOneHour())
    .sign(new TextEncoder().encode(secret))
}

let clock: HandClock
let verifier: JwtVerifier
let serving: Serving
let closing: (() => void)[]

beforeEach(async () => {
  closing = []
  clock = new HandClock(START)
  verifier = new JwtVerifier({ rules: tokenRulesOf(written([STRICT])), clock, log: silent })
  serving = servingOf({ port: 0, origins: [], pusher: PUSHER }, { verifier, clock })
  await serving.start()
})

afterEach(async () => {
  for (const close of closing) close()
  await serving.stop()
})

/** Applies the token rules of a new config, as a reload does. */
async function reload(config: Config): Promise<void> {
  if (!verifier.apply(tokenRulesOf(config))) return
  const changed = serving.rulesChanged()
  await clock.turn(0)
  await changed
}

function connect(token: string): TestClient {
  const client = new TestClient(`ws://127.0.0.1:${serving.port}/ws`, [], { headers: bearer(token) })
  closing.push(() => client.socket.terminate())
  return client
}

async function watch(token: string): Promise<TestClient> {
  const client = connect(token)
  await client.next('snapshot')
  return client
}

async function openPusher(): Promise<{ readonly client: PusherSocket; readonly socketId: string }> {
  const client = new PusherSocket(`ws://127.0.0.1:${serving.port}/app/${KEY}?protocol=7`, {})
  closing.push(() => client.socket.terminate())
  const { data } = await client.next('pusher:connection_established')
  return { client, socketId: String(data['socket_id']) }
}

/** Subscribes with a signature of our endpoint, as a dashboard does. */
async function watchPusher(token: string): Promise<PusherSocket> {
  const { client, socketId } = await openPusher()
  const body = JSON.stringify({ socket_id: socketId, channel_name: CHANNEL })
  const signed = await post(token, body)
  const { auth }: { readonly auth: string } = JSON.parse(await signed.text())
  client.subscribe(CHANNEL, auth)
  await client.next('stats.updated')
  return client
}

function post(token: string, body: string): Promise<Response> {
  const headers = { ...bearer(token), 'Content-Type': 'application/json' }
  return fetch(`http://127.0.0.1:${serving.port}/broadcasting/auth`, { method: 'POST', headers, body })
}

/** The status of a page that requires a token. */
async function statusOf(token: string): Promise<number> {
  const page = `http://127.0.0.1:${serving.port}/api/dashboard/stats`
  return (await fetch(page, { headers: bearer(token) })).status
}

test('a token that meets all requirements of its key is accepted everywhere', async () => {
  const token = await tokenOf()
  await watch(token)
  await watchPusher(token)
  expect(await statusOf(token)).toBe(200)
})

const revoked = written([STRICT], secondsAgo(30))

test.each<[string, () => Promise<string>, Config?]>([
  ['of a foreign issuer', () => tokenOf({ iss: 'billing' })],
  ['of no issuer', () => tokenOf({ iss: undefined })],
  ['for a foreign audience', () => tokenOf({ aud: 'mail' })],
  ['for no audience', () => tokenOf({ aud: undefined })],
  ['too old', () => tokenOf({ iat: secondsAgo(11 * 60).getTime() / 1_000 })],
  ['of no age', () => tokenOf({ iat: undefined })],
  ['issued in the future', () => tokenOf({ iat: secondsAgo(-60).getTime() / 1_000 })],
  ['revoked', () => tokenOf(), revoked],
  ['of a key that was rotated away', () => tokenOf(), written([NEXT])],
  ['of a key that will be added later', () => tokenOf({}, SECRETS.NEXT)],
])(
  'a token that is %s is refused: 4401 by the feed, 401 by pages and where channels are signed',
  async (_, made, config) => {
    if (config) await reload(config)
    const token = await made()
    expect(await connect(token).closed).toBe(4401)
    expect(await statusOf(token)).toBe(401)
    expect((await post(token, JSON.stringify({ socket_id: '1.2', channel_name: CHANNEL }))).status).toBe(401)
  },
)

test.each<[string, Config]>([
  ['its key is rotated away', written([NEXT])],
  ['it is revoked', revoked],
  ['its key requires another issuer', written([{ ...STRICT, issuer: 'billing' }])],
  ['its key requires another audience', written([{ ...STRICT, audience: 'mail' }])],
  ['its key requires younger tokens', written([{ ...STRICT, max_age: '30s' }])],
])(
  'an open connection closes within a second when %s: the feed’s with 4401, Pusher’s with 4202',
  async (_, config) => {
    const token = await tokenOf()
    const [client, pusher] = [await watch(token), await watchPusher(token)]
    await reload(config)
    await clock.turn(A_SECOND_MS)
    expect([await client.closed, await pusher.closed]).toEqual([4401, 4202])
  },
)

test('both keys are valid during a rotation, and connections by the new key stay', async () => {
  const [before, after] = [await watch(await tokenOf()), await tokenOf({}, SECRETS.NEXT)]
  await reload(written([STRICT, NEXT]))
  const stayer = await watch(after)
  await reload(written([NEXT]))
  expect(await before.closed).toBe(4401)
  await clock.turn(5_000)
  await stayer.next('snapshot')
  expect(await statusOf(after)).toBe(200)
})

test.each([
  ['exp', { exp: secondsAgo(-20).getTime() / 1_000 }],
  ['max_age', { iat: secondsAgo(580).getTime() / 1_000 }],
])(
  'a connection closes within a second of its token’s %s: the feed’s with 4401, Pusher’s with 4202',
  async (_, claims) => {
    const token = await tokenOf(claims)
    const [client, pusher] = [await watch(token), await watchPusher(token)]
    await clock.turn(19_000)
    expect([client.socket.readyState, pusher.socket.readyState]).toEqual([WebSocket.OPEN, WebSocket.OPEN])
    await clock.turn(A_SECOND_MS)
    expect([await client.closed, await pusher.closed]).toEqual([4401, 4202])
  },
)

test('a signature of an expired token is refused by Pusher with 4009', async () => {
  const { client, socketId } = await openPusher()
  client.subscribe(CHANNEL, app.signUntil(socketId, CHANNEL, START))
  expect((await client.next('pusher:error')).raw).toMatchObject({ code: 4009 })
})
