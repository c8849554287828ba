import { generateKeyPairSync, webcrypto } from 'node:crypto'
import { SignJWT } from 'jose'
import { afterEach, expect, test, vi } from 'vitest'
import type { Grant } from '../../src/auth/bearer.ts'
import { JwtVerifier, type TokenRules } from '../../src/auth/tokens.ts'
import { VerifiedTokens } from '../../src/auth/verified-tokens.ts'
import { acme, inOneHour, SECRET, START, silent, tenantToken } from '../feed/feed-fixture.ts'
import { keyRule, onlyKeys, onlySecret } from '../feed/token-rules.ts'
import { HandClock } from '../runtime/hand-clock.ts'

const OTHER = 'another secret of more than thirty-two bytes'
const acmeGrant: Grant = { kind: 'tenant', tenant: acme, expiresAt: inOneHour() }

afterEach(() => {
  vi.restoreAllMocks()
})

function verifying(rules: TokenRules = onlySecret(SECRET)) {
  const clock = new HandClock(START)
  const signatures = vi.spyOn(webcrypto.subtle, 'verify')
  return { clock, signatures, verifier: new JwtVerifier({ rules, clock, log: silent }) }
}

test('the signature of a token that is shown again is not computed again', async () => {
  const { signatures, verifier } = verifying()
  const token = await tenantToken(acme)
  expect(await verifier.verify(token)).toEqual(acmeGrant)
  expect(await verifier.verify(token)).toEqual(acmeGrant)
  expect(signatures).toHaveBeenCalledTimes(1)
})

test('a refused token is verified each time', async () => {
  const { signatures, verifier } = verifying(onlySecret(OTHER))
  const token = await tenantToken(acme)
  for (const _ of [1, 2]) expect(await verifier.verify(token)).toMatchObject({ kind: 'refused' })
  expect(signatures).toHaveBeenCalledTimes(2)
})

test('a known token expires', async () => {
  const { clock, verifier } = verifying()
  const token = await tenantToken(acme)
  await verifier.verify(token)
  await clock.turn(3_606_000)
  expect(await verifier.verify(token)).toEqual({ kind: 'refused', reason: 'the token has expired' })
})

test('a known token gets too old for its key', async () => {
  const { clock, verifier } = verifying(
    onlyKeys(keyRule({ kind: 'secret', secret: SECRET }, { maxAgeMs: 600_000 })),
  )
  const token = await new SignJWT({ tenant: 'acme' })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuedAt(START)
    .setExpirationTime(inOneHour())
    .sign(new TextEncoder().encode(SECRET))
  expect(await verifier.verify(token)).toMatchObject({ kind: 'tenant' })
  await clock.turn(606_000)
  expect(await verifier.verify(token)).toEqual({ kind: 'refused', reason: 'the token is too old' })
})

test('a known token is not valid yet if the clock was set back', async () => {
  const { clock, verifier } = verifying()
  const token = await new SignJWT({ tenant: 'acme' })
    .setProtectedHeader({ alg: 'HS256' })
    .setNotBefore(START)
    .setExpirationTime(inOneHour())
    .sign(new TextEncoder().encode(SECRET))
  expect(await verifier.verify(token)).toEqual(acmeGrant)
  clock.setWall(new Date(START.getTime() - 60_000))
  expect(await verifier.verify(token)).toMatchObject({ kind: 'refused' })
})

test('new rules apply to known tokens', async () => {
  const { verifier } = verifying()
  const token = await tenantToken(acme)
  await verifier.verify(token)
  verifier.apply(onlySecret(OTHER))
  expect(await verifier.verify(token)).toMatchObject({ kind: 'refused' })
  verifier.apply(onlySecret(SECRET))
  await verifier.verify(token)
  const tomorrow = new Date(Date.now() + 86_400_000)
  verifier.apply({ ...onlySecret(SECRET), tenantsNotBefore: new Map([[acme, tomorrow]]) })
  expect(await verifier.verify(token)).toEqual({ kind: 'refused', reason: 'the token has been revoked' })
})

test('one character makes another token', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const { verifier } = verifying(onlyKeys(keyRule({ kind: 'public-key', pem })))
  const token = await new SignJWT({ tenant: 'acme' })
    .setProtectedHeader({ alg: 'EdDSA' })
    .setExpirationTime(inOneHour())
    .sign(privateKey)
  expect(await verifier.verify(token)).toEqual(acmeGrant)
  const at = token.lastIndexOf('.') + 5
  const forged = token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1)
  expect(await verifier.verify(forged)).toMatchObject({ kind: 'refused' })
})

test('only the last thousand tokens are known', () => {
  const tokens = new VerifiedTokens()
  for (let number = 0; number < 1_000; number++) tokens.add(`token ${number}`, acmeGrant, START)
  expect(tokens.grantOf('token 0', START)).toEqual(acmeGrant)
  tokens.add('token 1000', acmeGrant, START)
  expect(tokens.grantOf('token 1', START)).toBeUndefined()
  expect(tokens.grantOf('token 0', START)).toEqual(acmeGrant)
})
