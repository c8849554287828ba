import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { TenantId } from '../../../src/accounting/ids.ts'
import { Bearers } from '../../../src/api/http/bearers.ts'
import type { UsageSource } from '../../../src/api/usage/usage-source.ts'
import type { Grant, Refusal, TokenVerifier } from '../../../src/auth/bearer.ts'
import { JwtVerifier } from '../../../src/auth/tokens.ts'
import { ServedScene, tokenFor } from '../../auth/served-scene.ts'
import { acme, globex, SECRET, START, silent } from '../../feed/feed-fixture.ts'
import { onlySecret } from '../../feed/token-rules.ts'
import { HandClock } from '../../runtime/hand-clock.ts'

const CSV = '/api/usage?format=csv&by=user'
const PAGE = '/api/usage?by=user'

/** Endless CSV, which ends once its client has left, and pages that never arrive. */
class EndlessSource implements UsageSource {
  open = 0
  asked = 0

  page(_question: unknown, _limit: number, signal: AbortSignal): Promise<never> {
    this.asked++
    return new Promise((_resolve, reject) =>
      signal.addEventListener('abort', () => reject(Object.assign(new Error('left'), { retryable: true }))),
    )
  }

  async all(_question: unknown, _limit: unknown, signal: AbortSignal) {
    this.open++
    signal.addEventListener('abort', () => this.open--)
    const lines = async function* () {
      for (; !signal.aborted; await setImmediate()) yield 'acme,ann,1,2,3\r\n'
    }
    return { columns: ['tenant', 'username', 'upload', 'download', 'used'], lines: lines() }
  }
}

const rules = onlySecret(SECRET)
const revokedFor = (tenant: TenantId) => ({
  ...rules,
  tenantsNotBefore: new Map([[tenant, new Date('2100-01-01')]]),
})

let scene: ServedScene
let source: EndlessSource
let verifier: JwtVerifier

beforeEach(async () => {
  source = new EndlessSource()
  verifier = new JwtVerifier({ rules, clock: new HandClock(START), log: silent })
  scene = await new ServedScene([acme, globex], { usage: source, verifier }).start()
})

afterEach(async () => {
  const stopped = scene.stop()
  await scene.clock.turn(2_000)
  await stopped
})

async function ask(path: string, tenant: TenantId): Promise<IncomingMessage> {
  const headers = { Authorization: `Bearer ${await tokenFor(tenant)}` }
  const asked = request({ host: '127.0.0.1', port: scene.port, path, headers, agent: false })
  asked.end()
  const [response] = await once(asked, 'response')
  // `response` reports everything after this.
  asked.on('error', () => {})
  return response
}

async function readAll(response: IncomingMessage): Promise<void> {
  for await (const _ of response);
}

test('a CSV breaks off when its token is revoked, and those of others do not', async () => {
  const [revoked, other] = [await ask(CSV, acme), await ask(CSV, globex)]
  await Promise.all([once(revoked, 'data'), once(other, 'data')])
  const failed = expect(readAll(revoked)).rejects.toMatchObject({ code: 'ECONNRESET' })
  expect(verifier.apply(revokedFor(acme))).toBe(true)
  await scene.serving.rulesChanged()
  await failed
  expect(revoked.complete).toBe(false)
  await expect.poll(() => source.open).toBe(1)
  await once(other, 'data')
  other.destroy()
  await expect.poll(() => source.open).toBe(0)
  expect(scene.troubles).toEqual([])
})

test('an answer that has not begun is 401', async () => {
  const asking = ask(PAGE, acme)
  await expect.poll(() => source.asked).toBe(1)
  verifier.apply(revokedFor(acme))
  await scene.serving.rulesChanged()
  const response = await asking
  expect(response.statusCode).toBe(401)
  expect(response.headers['www-authenticate']).toContain('invalid_token')
  await readAll(response)
  expect(response.complete).toBe(true)
  expect(scene.troubles).toEqual([])
})

test('a token that can no longer be verified is invalid, and finished answers are not checked', async () => {
  let verdict: Grant | Refusal = { kind: 'admin', expiresAt: START }
  const looked: string[] = []
  const verify: TokenVerifier['verify'] = async token => {
    looked.push(token)
    return verdict
  }
  const bearers = new Bearers({ verify })
  const cut: string[] = []
  const over = new AbortController()
  const enter = (token: string, signal: AbortSignal) =>
    bearers.add({ token, cutOff: () => cut.push(token) }, signal)
  enter('here', new AbortController().signal)
  enter('over', over.signal)
  over.abort()
  enter('too late', over.signal)
  await bearers.rulesChanged()
  await setImmediate()
  expect([looked, cut]).toEqual([['here'], []])
  verdict = { kind: 'unverifiable', reason: 'its issuer is down' }
  await bearers.rulesChanged()
  await setImmediate()
  expect(cut).toEqual(['here'])
})
