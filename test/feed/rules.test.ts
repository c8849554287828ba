import { generateKeyPairSync } from 'node:crypto'
import { type JWTPayload, SignJWT } from 'jose'
import { afterEach, expect, test } from 'vitest'
import type { Grant } from '../../src/auth/bearer.ts'
import { JwtVerifier, signToken, type TokenRules } from '../../src/auth/tokens.ts'
import type { KeyRule } from '../../src/auth/verifying-key.ts'
import { HandClock } from '../runtime/hand-clock.ts'
import {
  acme,
  bearer,
  globex,
  inOneHour,
  SECRET,
  START,
  silent,
  TestFeed,
  tenantToken,
} from './feed-fixture.ts'
import { keyRule, onlyKeys, onlySecret } from './token-rules.ts'

const OTHER = 'another secret of more than thirty-two bytes'
const secretKey = (secret: string, terms: Partial<KeyRule> = {}) => keyRule({ kind: 'secret', secret }, terms)
const acmeGrant: Grant = { kind: 'tenant', tenant: acme, expiresAt: inOneHour() }
const minutesAgo = (minutes: number) => new Date(START.getTime() - minutes * 60_000)

function verifier(rules: TokenRules): JwtVerifier {
  return new JwtVerifier({ rules, clock: new HandClock(START), log: silent })
}

function signed(claims: JWTPayload, secret = SECRET): Promise<string> {
  const token = new SignJWT({ tenant: 'acme', ...claims }).setProtectedHeader({ alg: 'HS256' })
  return token.setExpirationTime(inOneHour()).sign(new TextEncoder().encode(secret))
}

function refusal(reason: string): object {
  return { kind: 'refused', reason }
}

const ISSUED = { iat: START.getTime() / 1000 }

test.each([
  ['the issuer', { issuer: 'panel' }, { iss: 'panel' }, { iss: 'billing' }, 'the token is not valid'],
  ['an issuer', { issuer: 'panel' }, { iss: 'panel' }, {}, 'the token is not valid'],
  [
    'the audience',
    { audience: 'usage' },
    { aud: 'usage' },
    { aud: 'mail' },
    'the token is for another audience',
  ],
  ['an audience', { audience: 'usage' }, { aud: ['mail', 'usage'] }, {}, 'the token is for another audience'],
  [
    'the age',
    { maxAgeMs: 600_000 },
    { iat: minutesAgo(9).getTime() / 1000 },
    { iat: minutesAgo(11).getTime() / 1000 },
    'the token is too old',
  ],
  ['an age', { maxAgeMs: 600_000 }, ISSUED, {}, 'the token has no iat'],
  [
    'a beginning in the past',
    {},
    { nbf: minutesAgo(1).getTime() / 1000 },
    { nbf: minutesAgo(-1).getTime() / 1000 },
    'the token is not valid yet (nbf): one of the two clocks may be wrong',
  ],
])('a token without %s that its key requires is refused', async (_, terms, right, wrong, reason) => {
  const key = verifier(onlyKeys(secretKey(SECRET, terms)))
  expect((await key.verify(await signed(right))).kind).toBe('tenant')
  expect(await key.verify(await signed(wrong))).toEqual(refusal(reason))
})

test('a grant lasts until its token expires or is too old', async () => {
  const key = verifier(onlyKeys(secretKey(SECRET, { maxAgeMs: 600_000 })))
  const expiresAt = new Date(START.getTime() + 600_000)
  expect(await key.verify(await signed(ISSUED))).toEqual({ ...acmeGrant, expiresAt })
})

test('each of several keys accepts only tokens that it has signed and that meet its requirements', async () => {
  const keys = onlyKeys(
    secretKey(SECRET, { issuer: 'panel', audience: 'usage' }),
    secretKey(OTHER, { issuer: 'billing' }),
  )
  const several = verifier(keys)
  expect(await several.verify(await signed({ iss: 'panel', aud: 'usage' }))).toEqual(acmeGrant)
  expect(await several.verify(await signed({ iss: 'billing' }, OTHER))).toEqual(acmeGrant)
  expect((await several.verify(await signed({ iss: 'billing' }))).kind).toBe('refused')
  expect((await several.verify(await signed({ iss: 'panel', aud: 'usage' }, OTHER))).kind).toBe('refused')
})

test('one secret may be used for two audiences', async () => {
  const both = verifier(
    onlyKeys(secretKey(SECRET, { audience: 'old' }), secretKey(SECRET, { audience: 'new' })),
  )
  for (const aud of ['old', 'new']) expect(await both.verify(await signed({ aud }))).toEqual(acmeGrant)
  expect((await both.verify(await signed({ aud: 'none' }))).kind).toBe('refused')
})

test('an issuer that is down does not delay tokens of another', async () => {
  const nobody = keyRule({ kind: 'jwks', url: 'http://127.0.0.1:1/keys' }, { issuer: 'down' })
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const rules = verifier(onlyKeys(nobody, keyRule({ kind: 'public-key', pem }, { issuer: 'up' })))
  const by = (iss: string) =>
    new SignJWT({ tenant: 'acme', iss })
      .setProtectedHeader({ alg: 'EdDSA' })
      .setExpirationTime(inOneHour())
      .sign(privateKey)
  expect(await rules.verify(await by('up'))).toEqual(acmeGrant)
  expect((await rules.verify(await by('down'))).kind).toBe('unverifiable')
  expect((await rules.verify(await by('neither'))).kind).toBe('refused')
})

test('tokens from before their tenant’s revocation are refused, also those without iat, and no others', async () => {
  const rules = { ...onlySecret(SECRET), tenantsNotBefore: new Map([[acme, START]]) }
  const revoking = verifier(rules)
  const revoked = refusal('the token has been revoked')
  expect(await revoking.verify(await signed({ iat: ISSUED.iat - 1 }))).toEqual(revoked)
  expect(await revoking.verify(await signed({}))).toEqual(revoked)
  expect(await revoking.verify(await signed(ISSUED))).toEqual(acmeGrant)
  expect((await revoking.verify(await signed({ tenant: 'globex' }))).kind).toBe('tenant')
})

test('all tokens from before an instant are refused, also those of admins and those without iat', async () => {
  const later = new Map([[acme, new Date(START.getTime() + 1)]])
  const rules = { ...onlySecret(SECRET), notBefore: START, tenantsNotBefore: later }
  const revoking = verifier(rules)
  const revoked = refusal('the token has been revoked')
  const admin = { tenant: undefined, admin: true }
  for (const whose of [admin, { tenant: 'globex' }]) {
    expect(await revoking.verify(await signed({ ...whose, iat: ISSUED.iat - 1 }))).toEqual(revoked)
    expect(await revoking.verify(await signed(whose))).toEqual(revoked)
    expect((await revoking.verify(await signed({ ...whose, ...ISSUED }))).kind).not.toBe('refused')
  }
  // A tenant's own revocation applies as well, but only to that tenant.
  expect(await revoking.verify(await signed(ISSUED))).toEqual(revoked)
})

test('rules differ if a key, its requirements or a revocation differ', () => {
  const rules = onlySecret(SECRET)
  const all = [
    onlySecret(OTHER),
    onlyKeys(secretKey(SECRET, { issuer: 'panel' })),
    onlyKeys(secretKey(SECRET), secretKey(OTHER)),
    { ...rules, tenantsNotBefore: new Map([[acme, START]]) },
    { ...rules, tenantsNotBefore: new Map([[acme, minutesAgo(1)]]) },
    { ...rules, notBefore: START },
  ]
  for (const changed of all) {
    const by = verifier(rules)
    expect(by.apply(onlySecret(SECRET))).toBe(false)
    expect(by.apply(changed)).toBe(true)
    expect(by.apply(changed)).toBe(false)
  }
})

let feed: TestFeed | undefined

afterEach(async () => {
  await feed?.stop()
  feed = undefined
})

/** A feed, and a function that changes its rules as a reload does. */
async function reloadable(
  rules: TokenRules,
): Promise<{ feed: TestFeed; reload: (rules: TokenRules) => Promise<void> }> {
  const by = verifier(rules)
  const started = await new TestFeed({ verifier: by }).start()
  feed = started
  const reload = async (changed: TokenRules) => {
    if (!by.apply(changed)) return
    const closing = started.feed.rulesChanged()
    await started.clock.turn(0)
    await closing
  }
  return { feed: started, reload }
}

test('removing a key closes its connections with 4401, and no others', async () => {
  const { feed, reload } = await reloadable(onlyKeys(secretKey(SECRET), secretKey(OTHER)))
  const leaver = await feed.watch(acme)
  const stayer = feed.connect({ headers: bearer(await signToken(acmeGrant, OTHER)) })
  await stayer.next('snapshot')
  await reload(onlySecret(OTHER))
  expect(await leaver.closed).toBe(4401)
  await feed.clock.turn(5000)
  await stayer.next('snapshot')
})

test('an added key lets in its tokens without a restart', async () => {
  const { feed, reload } = await reloadable(onlySecret(SECRET))
  const headers = bearer(await signToken(acmeGrant, OTHER))
  expect(await feed.connect({ headers }).closed).toBe(4401)
  await reload(onlyKeys(secretKey(SECRET), secretKey(OTHER)))
  await feed.connect({ headers }).next('snapshot')
})

test('a revocation closes the tenant’s connections with 4401, and no others', async () => {
  const { feed, reload } = await reloadable(onlySecret(SECRET))
  const [leaver, stayer] = [await feed.watch(acme), await feed.watch(globex)]
  await reload({
    ...onlySecret(SECRET),
    tenantsNotBefore: new Map([[acme, new Date('2100-01-01T00:00:00Z')]]),
  })
  expect(await leaver.closed).toBe(4401)
  await feed.clock.turn(5000)
  await stayer.next('snapshot')
})

test('a connection that renewed its token is judged by the new one', async () => {
  const { feed, reload } = await reloadable(onlyKeys(secretKey(SECRET), secretKey(OTHER)))
  const client = await feed.watch(acme)
  client.send({ type: 'auth', token: await signToken(acmeGrant, OTHER) })
  client.send({ type: 'subscribe', topics: ['sessions'] })
  await client.next('sessions')
  await reload(onlySecret(OTHER))
  await feed.clock.turn(5000)
  await client.next('snapshot')
  await reload(onlySecret(SECRET))
  expect(await client.closed).toBe(4401)
})

test('a key that now allows less time ends its connections at their time', async () => {
  const { feed, reload } = await reloadable(onlySecret(SECRET))
  const token = await signToken(acmeGrant, SECRET, { issuedAt: START })
  const client = feed.connect({ headers: bearer(token) })
  await client.next('snapshot')
  await reload(onlyKeys(secretKey(SECRET, { maxAgeMs: 60_000 })))
  await feed.clock.turn(59_000)
  expect(client.socket.readyState).toBe(client.socket.OPEN)
  // Clients are checked once a second, and a check may last longer than a turn of the clock.
  let code: number | undefined
  void client.closed.then(closed => {
    code = closed
  })
  await expect.poll(() => feed.clock.turn(1000).then(() => code)).toBe(4401)
})

test('a connection that can’t be verified with the new rules is asked to come back, with 1013', async () => {
  const { feed, reload } = await reloadable(onlySecret(SECRET))
  const client = await feed.watch(acme)
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  await reload(onlyKeys(secretKey(SECRET), keyRule({ kind: 'public-key', pem })))
  const byKey = await new SignJWT({ tenant: 'acme' })
    .setProtectedHeader({ alg: 'EdDSA' })
    .setExpirationTime(inOneHour())
    .sign(privateKey)
  const other = feed.connect({ headers: bearer(byKey) })
  await other.next('snapshot')
  await reload(onlyKeys(secretKey(SECRET), keyRule({ kind: 'jwks', url: 'http://127.0.0.1:1/keys' })))
  expect(await other.closed).toBe(1013)
  expect(client.socket.readyState).toBe(client.socket.OPEN)
})

test('a token that is being verified when the rules change is verified with the new ones', async () => {
  const by = verifier(onlySecret(SECRET))
  const verdict = by.verify(await tenantToken(acme))
  by.apply(onlySecret(OTHER))
  expect((await verdict).kind).toBe('refused')
})
