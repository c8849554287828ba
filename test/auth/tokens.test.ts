import { SignJWT, UnsecuredJWT } from 'jose'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { tenantId } from '../../src/accounting/ids.ts'
import {
  acme,
  bearer,
  globex,
  inOneHour,
  SECRET,
  START,
  TestFeed,
  tenantToken,
} from '../feed/feed-fixture.ts'

let feed: TestFeed

beforeEach(async () => {
  feed = await new TestFeed().start()
})

afterEach(() => feed.stop())

/** A token with any claims, signed like ours. */
function signed(claims: Record<string, unknown>, secret = SECRET): Promise<string> {
  const jwt = new SignJWT(claims).setProtectedHeader({ alg: 'HS256' })
  return jwt.sign(new TextEncoder().encode(secret))
}

const exp = inOneHour().getTime() / 1000

test('a token in the Authorization header opens the feed', async () => {
  const client = feed.connect({ headers: bearer(await tenantToken(acme)) })
  expect(await client.next('welcome')).toEqual({
    type: 'welcome',
    role: 'tenant',
    tenants: ['acme'],
    interval_ms: 5000,
    server_version: '0.1.0',
  })
  expect(await client.next('snapshot')).toMatchObject({ tenant: 'acme', seq: 1, as_of: START.toISOString() })
})

test('a token as a second subprotocol opens the feed, and is never selected as the subprotocol', async () => {
  const client = feed.connect({ protocols: ['tikmeter.v1', `bearer.${await tenantToken(acme)}`] })
  expect(await client.next('welcome')).toMatchObject({ role: 'tenant', tenants: ['acme'] })
  expect(client.socket.protocol).toBe('tikmeter.v1')
})

test('a token as the first message opens the feed, and later messages wait until it is checked', async () => {
  const client = await feed.connect({ protocols: ['tikmeter.v1'] }).opened()
  client.send({ type: 'auth', token: await tenantToken(acme) })
  client.send({ type: 'subscribe', topics: ['sessions'] })
  await client.next('welcome')
  expect(await client.next('sessions')).toMatchObject({ tenant: 'acme', sessions: [{ username: 'ada' }] })
})

test('a token in the query string is ignored', async () => {
  const client = await feed.connect({ query: `?token=${await tenantToken(acme)}` }).opened()
  await feed.clock.turn(5000)
  expect(await client.closed).toBe(4408)
  expect(client.unread()).toEqual([])
})

test('a client without a token is closed with 4408 after five seconds, and not before', async () => {
  const client = await feed.connect({}).opened()
  await feed.clock.turn(4000)
  expect(client.socket.readyState).toBe(client.socket.OPEN)
  await feed.clock.turn(1000)
  expect(await client.closed).toBe(4408)
})

test('a client that asks before it has sent a token is closed with 4401', async () => {
  const client = await feed.connect({}).opened()
  client.send({ type: 'refresh' })
  expect(await client.closed).toBe(4401)
})

test('alg none is refused with 4401', async () => {
  const token = new UnsecuredJWT({ tenant: 'acme', exp }).encode()
  expect(await feed.connect({ headers: bearer(token) }).closed).toBe(4401)
})

test('a forged token is refused with 4401', async () => {
  const token = await signed({ tenant: 'acme', exp }, 'another secret of more than 32 bytes')
  expect(await feed.connect({ headers: bearer(token) }).closed).toBe(4401)
})

test('a token with its tenant exchanged after signing is refused with 4401', async () => {
  const [header, , signature] = (await tenantToken(acme)).split('.')
  const claims = Buffer.from(JSON.stringify({ tenant: 'globex', exp })).toString('base64url')
  const client = feed.connect({ headers: bearer(`${header}.${claims}.${signature}`) })
  expect(await client.closed).toBe(4401)
})

test('an expired token is refused with 4401', async () => {
  const token = await tenantToken(acme, new Date(START.getTime() - 6000))
  expect(await feed.connect({ headers: bearer(token) }).closed).toBe(4401)
})

test.each([
  ['has no exp', { tenant: 'acme' }],
  ['names nobody', { exp }],
  ['names a tenant and is an admin', { tenant: 'acme', admin: true, exp }],
  ['has an admin claim other than true', { admin: 'true', exp }],
  ['isn’t valid yet', { tenant: 'acme', exp, nbf: exp - 60 }],
  ['has an exp in milliseconds', { tenant: 'acme', exp: exp * 1000 }],
  ['has an iat in milliseconds', { tenant: 'acme', exp, iat: START.getTime() }],
  ['names something that can’t be a tenant', { tenant: '../acme', exp }],
  ['is longer than 4 KiB', { tenant: 'acme', exp, padding: 'x'.repeat(4096) }],
])('a token that %s is refused with 4401', async (_, claims) => {
  expect(await feed.connect({ headers: bearer(await signed(claims)) }).closed).toBe(4401)
})

test('something that is not a token is refused with 4401, by each of the three ways', async () => {
  const first = await feed.connect({}).opened()
  first.send({ type: 'auth', token: '' })
  expect(await feed.connect({ headers: bearer('x') }).closed).toBe(4401)
  expect(await feed.connect({ protocols: ['tikmeter.v1', 'bearer.a.b.c'] }).closed).toBe(4401)
  expect(await first.closed).toBe(4401)
})

test('a token for a tenant that is not in the config is closed with 4403', async () => {
  const token = await tenantToken(tenantId('initech'))
  expect(await feed.connect({ headers: bearer(token) }).closed).toBe(4403)
})

test('a tenant that leaves the config is closed with 4403, and the others stay', async () => {
  const leaver = await feed.watch(acme)
  const stayer = await feed.watch(globex)
  feed.source.remove(acme)
  await feed.clock.turn(5000)
  expect(await leaver.closed).toBe(4403)
  expect(await stayer.next('snapshot')).toMatchObject({ tenant: 'globex', seq: 2 })
})

test('an expired token closes the feed at exp', async () => {
  const token = await tenantToken(acme, new Date(START.getTime() + 60_000))
  const client = feed.connect({ headers: bearer(token) })
  await client.next('snapshot')
  await feed.clock.turn(59_000)
  expect(client.socket.readyState).toBe(client.socket.OPEN)
  await feed.clock.turn(1000)
  expect(await client.closed).toBe(4401)
})

test('a token for a year is open for a year', async () => {
  const token = await tenantToken(acme, new Date('2027-11-24T10:00:00Z'))
  const client = feed.connect({ headers: bearer(token) })
  await client.next('snapshot')
  feed.clock.setWall('2027-11-24T09:59:00Z')
  await feed.clock.turn(5000)
  await client.next('snapshot')
  await feed.clock.turn(55_000)
  expect(await client.closed).toBe(4401)
})

test('a second auth for the same tenant renews the token', async () => {
  const client = feed.connect({
    headers: bearer(await tenantToken(acme, new Date(START.getTime() + 10_000))),
  })
  await client.next('snapshot')
  client.send({ type: 'auth', token: await tenantToken(acme) })
  client.send({ type: 'subscribe', topics: ['sessions'] })
  await client.next('sessions')
  await feed.clock.turn(15_000)
  expect(client.socket.readyState).toBe(client.socket.OPEN)
})

test('a second auth for another tenant is closed with 4403', async () => {
  const client = await feed.watch(acme)
  client.send({ type: 'auth', token: await tenantToken(globex) })
  expect(await client.closed).toBe(4403)
})

test('a second auth that is forged is closed with 4401', async () => {
  const client = await feed.watch(acme)
  client.send({
    type: 'auth',
    token: await signed({ tenant: 'acme', exp }, 'another secret of more than 32 bytes'),
  })
  expect(await client.closed).toBe(4401)
})
