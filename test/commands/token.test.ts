import { decodeJwt } from 'jose'
import { expect, test } from 'vitest'
import { JwtVerifier } from '../../src/auth/tokens.ts'
import { type TokenCommand, token } from '../../src/commands/token.ts'
import { tokenRulesOf } from '../../src/config/revealed.ts'
import { configOf, SECRET } from '../config/config-text.ts'
import { silent } from '../feed/feed-fixture.ts'
import { HandClock } from '../runtime/hand-clock.ts'

const clock = new HandClock('2026-11-30T09:00:00Z')
const NOW = Date.parse('2026-11-30T09:00:00Z') / 1000
const DAY_MS = 86_400_000

function configWith(auth: string, tenant = '') {
  return configOf(`auth: ${auth}\ntenants: [{ id: acme, routers: [], ${tenant} }]`)
}

function made(config: TokenCommand['config'], who: { tenant?: string } = {}): Promise<string> {
  return token({
    ...{ config, tenant: who.tenant, isAdmin: who.tenant === undefined, expiresInMs: 30 * DAY_MS, clock },
  })
}

test('a token contains when it was issued', async () => {
  const { iat, exp } = decodeJwt(await made(configWith(`{ secret: "${SECRET}" }`)))
  expect([iat, exp]).toEqual([NOW, NOW + 30 * 86_400])
})

test('a token has everything that its key requires, and the daemon accepts it', async () => {
  const config = configWith(
    `{ keys: [{ jwks_url: "https://a.example/k" }, { secret: "${SECRET}", issuer: us, audience: usage, max_age: 12h }] }`,
    'auth: { not_before: 2026-11-30T09:00:00Z }',
  )
  const written = await made(config, { tenant: 'acme' })
  expect(decodeJwt(written)).toEqual({
    ...{ tenant: 'acme', iss: 'us', aud: 'usage', iat: NOW, exp: NOW + 12 * 3600 },
  })
  const verifier = new JwtVerifier({ rules: tokenRulesOf(config), clock, log: silent })
  expect(await verifier.verify(written)).toMatchObject({ kind: 'tenant', tenant: 'acme' })
})

test('no token is made that is already revoked', async () => {
  const config = configWith(`{ secret: "${SECRET}" }`, 'auth: { not_before: 2026-11-30T10:00:00Z }')
  await expect(made(config, { tenant: 'acme' })).rejects.toThrow('auth.not_before of acme is in the future')
  await made(config)
  const ofAll = configWith(`{ secret: "${SECRET}", not_before: 2026-11-30T10:00:00Z }`)
  await expect(made(ofAll)).rejects.toThrow('auth.not_before is in the future')
})
