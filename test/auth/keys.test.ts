import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import { exportJWK, SignJWT } from 'jose'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type TokenKey, UnusableKey } from '../../src/auth/keys.ts'
import { grantOf, JwtVerifier } from '../../src/auth/tokens.ts'
import { acme, inOneHour, START, silent, TestFeed, tenantToken } from '../feed/feed-fixture.ts'
import { keyRule, onlyKeys } from '../feed/token-rules.ts'
import { HandClock } from '../runtime/hand-clock.ts'

interface Issuer {
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

const ed25519: Issuer = generateKeyPairSync('ed25519')
const p256: Issuer = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const rsa: Issuer = generateKeyPairSync('rsa', { modulusLength: 2048 })

function verifier(key: TokenKey): JwtVerifier {
  return new JwtVerifier({ rules: onlyKeys(keyRule(key)), clock: new HandClock(START), log: silent })
}

function pem({ publicKey }: Issuer): string {
  return publicKey.export({ type: 'spki', format: 'pem' }).toString()
}

function signedBy({ privateKey }: Issuer, alg: string, kid = 'one'): Promise<string> {
  return new SignJWT({ tenant: 'acme' })
    .setProtectedHeader({ alg, kid })
    .setExpirationTime(inOneHour())
    .sign(privateKey)
}

const acmeGrant = { kind: 'tenant', tenant: 'acme', expiresAt: inOneHour() }

test.each([
  ['EdDSA', ed25519],
  ['ES256', p256],
  ['RS256', rsa],
])('a token signed with %s passes the public key of its issuer', async (alg, issuer) => {
  const verdict = await verifier({ kind: 'public-key', pem: pem(issuer) }).verify(await signedBy(issuer, alg))
  expect(verdict).toEqual(acmeGrant)
})

test('a public key is never used as a secret', async () => {
  const forged = await new SignJWT({ admin: true })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime(inOneHour())
    .sign(new TextEncoder().encode(pem(rsa)))
  const verdict = await verifier({ kind: 'public-key', pem: pem(rsa) }).verify(forged)
  expect(verdict.kind).toBe('refused')
})

test('another key of the same kind is refused', async () => {
  const other: Issuer = generateKeyPairSync('ed25519')
  const verdict = await verifier({ kind: 'public-key', pem: pem(ed25519) }).verify(
    await signedBy(other, 'EdDSA'),
  )
  expect(verdict.kind).toBe('refused')
})

test.each<[string, TokenKey]>([
  ['no PEM', { kind: 'public-key', pem: 'nonsense' }],
  [
    'an RSA key of 1024 bits',
    { kind: 'public-key', pem: pem(generateKeyPairSync('rsa', { modulusLength: 1024 })) },
  ],
  [
    'a key for agreement, not for signatures',
    { kind: 'public-key', pem: pem(generateKeyPairSync('x25519')) },
  ],
  ['a URL that is not http', { kind: 'jwks', url: 'file:///etc/passwd' }],
])('%s is an unusable key', (_, key) => {
  expect(() => verifier(key)).toThrow(UnusableKey)
})

test('a token is valid for five seconds longer than it says, for clocks that differ', async () => {
  const expiring = (ms: number) => tenantToken(acme, new Date(START.getTime() + ms))
  const secret = verifier({ kind: 'secret', secret: 'a secret of more than thirty-two bytes' })
  expect((await secret.verify(await expiring(-4000))).kind).toBe('tenant')
  expect(await secret.verify(await expiring(-5000))).toEqual({
    kind: 'refused',
    reason: 'the token has expired',
  })
})

test('an exp that is not a time is refused', () => {
  expect(grantOf({ tenant: 'acme', exp: Number.MAX_VALUE }).kind).toBe('refused')
})

let issuer: Server
let keySet: { status: number; keys: object[] }
let fetches: number

beforeEach(async () => {
  fetches = 0
  keySet = { status: 200, keys: [{ ...(await exportJWK(ed25519.publicKey)), kid: 'one', alg: 'EdDSA' }] }
  issuer = createServer((_request, response) => {
    fetches += 1
    response.writeHead(keySet.status).end(JSON.stringify({ keys: keySet.keys }))
  })
  await new Promise<void>(resolve => issuer.listen(0, '127.0.0.1', resolve))
})

afterEach(() => vi.useRealTimers())
afterEach(
  () =>
    new Promise(resolve => {
      issuer.close(resolve)
      issuer.closeAllConnections()
    }),
)

function issuersKeys(): TokenKey {
  const address = issuer.address()
  if (typeof address !== 'object' || address === null) throw new Error('the issuer is not listening')
  return { kind: 'jwks', url: `http://127.0.0.1:${address.port}/keys` }
}

test('a token passes with the key of its issuer’s set, which is fetched once', async () => {
  const remote = verifier(issuersKeys())
  expect(await remote.verify(await signedBy(ed25519, 'EdDSA'))).toEqual(acmeGrant)
  expect(await remote.verify(await signedBy(ed25519, 'EdDSA'))).toEqual(acmeGrant)
  expect(fetches).toBe(1)
})

test('a token signed by a key that the set lacks is refused', async () => {
  expect((await verifier(issuersKeys()).verify(await signedBy(p256, 'ES256', 'two'))).kind).toBe('refused')
})

/** Ages the key set: it uses the system clock, which nothing else reads here. */
function setAges(seconds: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date(Date.now() + seconds * 1000) })
}

async function jwk({ publicKey }: Issuer, kid: string): Promise<object> {
  return { ...(await exportJWK(publicKey)), kid }
}

test('a key that the issuer adds is fetched for the first token that names it, at most every half minute', async () => {
  const remote = verifier(issuersKeys())
  await remote.verify(await signedBy(ed25519, 'EdDSA'))
  keySet.keys.push(await jwk(p256, 'two'))
  const byNewKey = await signedBy(p256, 'ES256', 'two')
  expect((await remote.verify(byNewKey)).kind).toBe('unverifiable')
  expect(fetches).toBe(1)
  setAges(31)
  expect(await remote.verify(byNewKey)).toEqual(acmeGrant)
  expect(await remote.verify(await signedBy(ed25519, 'EdDSA'))).toEqual(acmeGrant)
  expect(fetches).toBe(2)
  for (let count = 0; count < 100; count += 1) {
    expect((await remote.verify(await signedBy(rsa, 'RS256', `made up ${count}`))).kind).toBe('unverifiable')
  }
  expect(fetches).toBe(2)
})

test('a key that the issuer removes is valid for at most ten minutes', async () => {
  const remote = verifier(issuersKeys())
  const byOldKey = await signedBy(ed25519, 'EdDSA')
  await remote.verify(byOldKey)
  keySet.keys = [await jwk(p256, 'two')]
  setAges(599)
  expect(await remote.verify(byOldKey)).toEqual(acmeGrant)
  setAges(2)
  expect((await remote.verify(byOldKey)).kind).toBe('refused')
  expect(await remote.verify(await signedBy(p256, 'ES256', 'two'))).toEqual(acmeGrant)
})

test('an issuer that is down invalidates no token, and needs nothing from us to recover', async () => {
  const remote = verifier(issuersKeys())
  keySet.status = 500
  expect((await remote.verify(await signedBy(ed25519, 'EdDSA'))).kind).toBe('unverifiable')
  keySet.status = 200
  expect((await remote.verify(await signedBy(ed25519, 'EdDSA'))).kind).toBe('tenant')
})

test('a client whose token can’t be checked now is asked to come back, with 1013', async () => {
  keySet.status = 500
  const feed = await new TestFeed({ verifier: verifier(issuersKeys()) }).start()
  const client = feed.connect({ headers: { Authorization: `Bearer ${await signedBy(ed25519, 'EdDSA')}` } })
  expect(await client.closed).toBe(1013)
  await feed.stop()
})
