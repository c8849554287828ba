import { expect, test } from 'vitest'
import type { Service } from '../../src/accounting/reading.ts'
import type { Address } from '../../src/routeros/dial.ts'
import { RouterLoginRefused, RouterTimeout, RouterTrap } from '../../src/routeros/errors.ts'
import { probeRouter, type RouterProbe } from '../../src/routeros/probe.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { fingerprintOf, serverIdentity } from '../fleet/certificate.ts'
import { HOTSPOT_ANN, PPP_ANN, startRouter } from '../fleet/opened.ts'
import type { SimulatedRouter } from '../fleet/simulated-router.ts'
import { addressOf, NEVER, PATIENT_MS, trusting } from './dialled.ts'

interface Probing {
  readonly address?: Partial<Address>
  readonly services?: readonly Service[]
  readonly timeoutMs?: number
}

function probed(router: SimulatedRouter, probing: Probing = {}) {
  const { address = {}, services = ['hotspot', 'ppp'], timeoutMs = PATIENT_MS } = probing
  const options = { address: addressOf(router, address), services, timeoutMs, clock: systemClock }
  return probeRouter(options, NEVER)
}

test.each(['6.49', '7.20'] as const)(
  'of a %s router that is well, all that accounting needs',
  async version => {
    const router = await startRouter({ version, identity: 'Köln 1', uptimeMs: 3_600_000 })
    router.login(HOTSPOT_ANN)
    router.login(PPP_ANN)
    router.login({ ...PPP_ANN, callerId: '02:00:00:00:00:02', address: '10.0.0.9' })
    const probe = await probed(router)
    expect(probe).toMatchObject({
      identity: 'Köln 1',
      version: `${version} (stable)`,
      certificate: undefined,
      rights: { group: 'usage', policies: ['read', 'api'] },
      services: {
        hotspot: { kind: 'read', sessions: 1, withCounters: 1, unreadable: [], domains: undefined },
        ppp: { kind: 'read', sessions: 2, withCounters: 2, unreadable: [], domains: undefined },
      },
      isFastTracked: false,
    } satisfies Partial<RouterProbe>)
    expect(Math.abs(probe.uptimeSeconds - 3_600)).toBeLessThan(60)
    expect(Math.abs(probe.clockOffsetSeconds ?? Number.NaN)).toBeLessThan(60)
    expect(probe.latencyMs).toBeGreaterThan(0)
    await expect.poll(() => router.connections).toBe(0)
  },
)

test('only what was asked for is read, and what is not installed is told as missing', async () => {
  const router = await startRouter({ packages: ['ppp'], hasFasttrack: true })
  expect((await probed(router)).services).toEqual({
    hotspot: { kind: 'missing' },
    ppp: { kind: 'read', sessions: 0, withCounters: 0, unreadable: [], domains: undefined },
  })
  const { services, isFastTracked } = await probed(router, { services: ['ppp'] })
  expect(services).toEqual({
    ppp: { kind: 'read', sessions: 0, withCounters: 0, unreadable: [], domains: undefined },
  })
  // It takes nothing from a hotspot that is not there.
  expect(isFastTracked).toBe(false)
})

test('a rule that takes traffic past the hotspot, and a clock that is off, are seen', async () => {
  const router = await startRouter({ hasFasttrack: true, clockAheadMs: 3_600_000 })
  const { isFastTracked, clockOffsetSeconds } = await probed(router)
  expect(isFastTracked).toBe(true)
  expect(Math.abs((clockOffsetSeconds ?? 0) - 3_600)).toBeLessThan(60)
})

test('one menu that is refused leaves the rest to be told', async () => {
  const router = await startRouter({})
  router.failNext({ menu: '/ip/hotspot/active', messages: ['not enough permissions (9)'], times: 1 })
  const { services } = await probed(router)
  expect(services.hotspot).toMatchObject({ kind: 'failed', error: expect.any(RouterTrap) })
  expect(services.ppp).toMatchObject({ kind: 'read' })
})

test('what ended the connection is what is told, and not that it had ended', async () => {
  const router = await startRouter({})
  void router.nextCommand('/user/group/print').then(() => router.hang())
  const failure = await probed(router, { timeoutMs: 300 }).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(RouterTimeout)
  expect(failure).toMatchObject({ waitedFor: 'answer' })
})

test('over TLS the certificate is told, so that it can be pinned', async () => {
  const tls = serverIdentity()
  const router = await startRouter({ tls })
  const trust = trusting({ fingerprint: fingerprintOf(tls) })
  const { certificate } = await probed(router, { address: { tls: trust } })
  expect(certificate?.fingerprint).toBe(fingerprintOf(tls))
  expect(certificate?.validTo.getTime()).toBeGreaterThan(Date.now())
})

test('a wrong password, and a user that may not read, are errors that say so', async () => {
  const router = await startRouter({})
  await expect(probed(router, { address: { password: 'wrong' } })).rejects.toThrow(RouterLoginRefused)
  const blind = await startRouter({ users: [{ name: 'usage', password: 'secret', policy: ['api'] }] })
  await expect(probed(blind)).rejects.toMatchObject({ isMissingRight: true })
})
