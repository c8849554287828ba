import { expect, test } from 'vitest'
import type { Service } from '../../src/accounting/reading.ts'
import { RouterLoginRefused, RouterTimeout, RouterTrap } from '../../src/routeros/errors.ts'
import { probeRouter, type RouterProbe } from '../../src/routeros/probe-router.ts'
import type { Address } from '../../src/routeros/wire/dial.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { fingerprintOf, serverIdentity } from '../harness/fleet/certificate.ts'
import { HOTSPOT_ANN, PPP_ANN, startRouter } from '../harness/fleet/opened.ts'
import { newRouterServices } from '../services/router-services.ts'
import { addressOf, NEVER, PATIENT_MS, roomy, trusting } from './wire/dialled.ts'
import { type MenuRow, startMenuPeer } from './wire/menu-peer.ts'

interface Probing {
  readonly address?: Partial<Address>
  readonly services?: readonly Service[]
  readonly timeoutMs?: number
}

const NOTHING_ODD = { unreadable: [], domains: undefined, missingMenus: [] }

function probed(router: { readonly host: string; readonly port: number }, probing: Probing = {}) {
  const { address = {}, services = ['hotspot', 'ppp'], timeoutMs = PATIENT_MS } = probing
  const asked = { address: addressOf(router, address), services: newRouterServices(services) }
  const options = { ...asked, timeoutMs, clock: systemClock, ...roomy() }
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
        hotspot: { kind: 'read', sessions: 1, withCounters: 1, ...NOTHING_ODD },
        ppp: { kind: 'read', sessions: 2, withCounters: 2, ...NOTHING_ODD },
      },
      isFastTracked: false,
    } satisfies Partial<RouterProbe>)
    expect(Math.abs(probe.uptimeSeconds - 3_600)).toBeLessThan(60)
    expect(Math.abs(probe.clockOffsetSeconds ?? Number.NaN)).toBeLessThan(60)
    expect(probe.latencyMs).toBeGreaterThan(0)
    await expect.poll(() => router.connections).toBe(0)
  },
)

test('only the services that were asked for are read, and a service that is not installed is missing', async () => {
  const router = await startRouter({ packages: ['ppp'], hasFasttrack: true })
  expect((await probed(router)).services).toEqual({
    hotspot: { kind: 'missing' },
    ppp: { kind: 'read', sessions: 0, withCounters: 0, ...NOTHING_ODD },
  })
  const { services, isFastTracked } = await probed(router, { services: ['ppp'] })
  expect(services).toEqual({
    ppp: { kind: 'read', sessions: 0, withCounters: 0, ...NOTHING_ODD },
  })
  // FastTrack does not matter without a hotspot.
  expect(isFastTracked).toBe(false)
})

test('a FastTrack rule and a wrong clock are noticed', async () => {
  const router = await startRouter({ hasFasttrack: true, clockAheadMs: 3_600_000 })
  const { isFastTracked, clockOffsetSeconds } = await probed(router)
  expect(isFastTracked).toBe(true)
  expect(Math.abs((clockOffsetSeconds ?? 0) - 3_600)).toBeLessThan(60)
})

test('one refused menu does not hide the others', async () => {
  const router = await startRouter({})
  router.failNext({ menu: '/ip/hotspot/active', messages: ['not enough permissions (9)'], times: 1 })
  const { services } = await probed(router)
  expect(services['hotspot']).toMatchObject({ kind: 'failed', error: expect.any(RouterTrap) })
  expect(services['ppp']).toMatchObject({ kind: 'read' })
})

test('the error is the cause that ended the connection, and not that it had ended', async () => {
  const router = await startRouter({})
  void router.nextCommand('/user/group/print').then(() => router.hang())
  const failure = await probed(router, { timeoutMs: 300 }).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(RouterTimeout)
  expect(failure).toMatchObject({ waitedFor: 'answer' })
})

test('the certificate is reported with TLS, so that it can be pinned', async () => {
  const tls = serverIdentity()
  const router = await startRouter({ tls })
  const trust = trusting({ fingerprint: fingerprintOf(tls) })
  const { certificate } = await probed(router, { address: { tls: trust } })
  expect(certificate?.fingerprint).toBe(fingerprintOf(tls))
  expect(certificate?.validTo.getTime()).toBeGreaterThan(Date.now())
})

test('a wrong password and a missing right are errors that say so', async () => {
  const router = await startRouter({})
  await expect(probed(router, { address: { password: 'wrong' } })).rejects.toThrow(RouterLoginRefused)
  const blind = await startRouter({ users: [{ name: 'usage', password: 'secret', policy: ['api'] }] })
  await expect(probed(blind)).rejects.toMatchObject({ isMissingRight: true })
})

/** A router with these hotspot logins, each with counters and an uptime by default. */
function withLogins(...logins: readonly MenuRow[]) {
  return startMenuPeer({
    '/system/resource': () => [{ uptime: '1d', version: '7.20 (stable)' }],
    '/system/identity': () => [{ name: 'hq' }],
    '/ip/firewall/filter': () => [],
    '/ip/hotspot/active': () =>
      logins.map((login, index) => ({
        ...{ '.id': `*${index + 1}`, address: `10.5.50.${index}`, uptime: '1m' },
        ...{ 'bytes-in': '1', 'bytes-out': '2', ...login },
      })),
  })
}

test('rows that cannot be read are reported with the reason, and counted as sessions', async () => {
  const peer = await withLogins(
    { user: 'ann' },
    { user: 'bo', uptime: 'soon' },
    { user: 'cid', 'bytes-in': '-1' },
  )
  expect((await probed(peer, { services: ['hotspot'] })).services['hotspot']).toEqual({
    ...{ kind: 'read', sessions: 3, withCounters: 1, domains: undefined, missingMenus: [] },
    unreadable: expect.toSatisfy((rows: readonly object[]) => rows.length === 2),
  })
  const { services } = await probed(peer, { services: ['hotspot'] })
  expect(services['hotspot']).toMatchObject({
    unreadable: expect.arrayContaining([
      { rowId: '*2', property: 'uptime', value: 'soon' },
      { rowId: '*3', property: 'bytes-in', value: '-1' },
    ]),
  })
})

test.each([
  [[{ user: 'ann' }], undefined],
  [[{ user: 'ann', domain: 'north' }], { count: 1, shared: undefined }],
  [
    [
      { user: 'ann', domain: 'north' },
      { user: 'bo', domain: 'south' },
    ],
    { count: 2, shared: undefined },
  ],
  // Two logins in the same domain are one subscriber with either setting.
  [
    [
      { user: 'ann', domain: 'north' },
      { user: 'ann', domain: 'north' },
    ],
    { count: 2, shared: undefined },
  ],
  [
    [
      { user: 'ann', domain: 'north' },
      { user: 'ann', domain: 'south' },
    ],
    { count: 2, shared: 'ann' },
  ],
  [
    [{ user: 'bo' }, { user: 'ann', domain: 'north' }, { user: 'bo', domain: 'x' }],
    { count: 2, shared: 'bo' },
  ],
])(
  'the probe reports how many logins have a domain, and a name that is in two: %j',
  async (logins, domains) => {
    const peer = await withLogins(...logins)
    expect((await probed(peer, { services: ['hotspot'] })).services['hotspot']).toMatchObject({
      domains: domains && { ...domains, example: { part: 'ann@north', ignore: 'ann' } },
    })
  },
)

test('a refused server menu is reported with the router’s reason', async () => {
  const peer = await startMenuPeer({
    '/system/resource': () => [{ uptime: '1d', version: '7.20 (stable)' }],
    '/system/identity': () => [{ name: 'hq' }],
    '/ppp/active': () => [{ '.id': '*1', name: 'ann', service: 'pppoe', uptime: '1m', address: '10.0.0.2' }],
    '/interface': () => [],
    '/interface/pppoe-server': () => 'not enough permissions (9)',
  })
  expect((await probed(peer, { services: ['ppp'] })).services['ppp']).toMatchObject({
    ...{ kind: 'read', sessions: 1, withCounters: 0 },
    missingMenus: [{ menu: '/interface/pppoe-server', reason: 'not enough permissions (9)' }],
  })
})
