import { getEventListeners } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import type { Service } from '../../src/accounting/reading.ts'
import { RouterLoginRefused, RouterUnreachable } from '../../src/routeros/errors.ts'
import { Router } from '../../src/routeros/router.ts'
import type { Address } from '../../src/routeros/wire/dial.ts'
import { ofService, PLAIN_READING } from '../accounting/readings.ts'
import { HOTSPOT_ANN, PPP_ANN, HandClock as RouterClock, startRouter } from '../harness/fleet/opened.ts'
import type { SimulatedRouter } from '../harness/fleet/simulated-router.ts'
import { HandClock } from '../runtime/hand-clock.ts'
import { newRouterServices } from '../services/router-services.ts'
import { withAllRows } from './menus/all-rows.ts'
import { addressOf, NEVER, PATIENT_MS, plainLink } from './wire/dialled.ts'
import { type Menus, startMenuPeer } from './wire/menu-peer.ts'
import { startPeer, tagOf } from './wire/scripted-peer.ts'

const NOON = '2026-11-24T12:00:00Z'

interface Opening {
  readonly services?: readonly Service[]
  readonly address?: Partial<Address>
  readonly signal?: AbortSignal
  readonly isListening?: boolean
}

async function opened(target: { host: string; port: number }, opening: Opening = {}) {
  const clock = new HandClock(NOON)
  const { services = ['hotspot', 'ppp'], address = {}, signal = NEVER, isListening = false } = opening
  const options = {
    ...{ address: addressOf(target, address), services: newRouterServices(services) },
    ...{ timeoutMs: PATIENT_MS, isListening, clock, ...plainLink() },
  }
  const router = await Router.connect(options, signal)
  onTestFinished(() => router.close())
  return { router, clock }
}

function system(more: Menus = {}): Menus {
  return {
    '/system/resource': () => [{ uptime: '1d', version: '7.20 (stable)' }],
    '/system/identity': () => [{ name: 'hq' }],
    '/ip/firewall/filter': () => [],
    ...more,
  }
}

for (const version of ['6.49', '7.20'] as const)
  test(`a ${version} router reports its identity and its boot time`, async () => {
    const simulated = await startRouter({ version, identity: 'Köln 1', uptimeMs: 3_600_000 })
    const { router, clock } = await opened(simulated)
    const atMs = clock.steadyMs()
    expect(router).toMatchObject({ identity: 'Köln 1', version: `${version} (stable)`, notices: [] })
    const reading = withAllRows(await router.read('hotspot'))
    expect(reading).toEqual({
      ...ofService('hotspot'),
      at: { wall: new Date(NOON), steadyMs: atMs },
      boot: { earliestMs: atMs - 3_601_000, latestMs: atMs - 3_600_000 },
      sessions: [],
      ...PLAIN_READING,
      device: { serial: undefined, identity: 'Köln 1' },
    })
  })

test('a reading has the time at which it was asked for, on both clocks', async () => {
  const peer = await startMenuPeer(system({ '/ip/hotspot/active': () => [] }))
  const { router, clock } = await opened(peer)
  clock.setWall('2030-01-01T00:00:00Z')
  const askedMs = clock.steadyMs()
  const pending = router.read('hotspot')
  await clock.turn(3_000)
  const reading = await pending
  expect(reading?.at).toEqual({ wall: new Date('2030-01-01T00:00:00Z'), steadyMs: askedMs })
})

test('a FastTrack rule is reported once per connection, if the hotspot is read', async () => {
  const simulated = await startRouter({ hasFasttrack: true })
  const { router } = await opened(simulated)
  expect(router.notices).toEqual([expect.stringContaining('fasttrack')])
  await router.read('hotspot')
  const { router: other } = await opened(simulated, { services: ['ppp'] })
  expect(other.notices).toEqual([])
  expect(simulated.received('/ip/firewall/filter/print')).toBe(1)
})

test('a FastTrack rule that is off, or that the user may not see, is not reported', async () => {
  const filter = '/ip/firewall/filter'
  const off = await startMenuPeer(
    system({ [filter]: () => [{ '.id': '*1', disabled: 'true', action: 'fasttrack-connection' }] }),
  )
  expect((await opened(off)).router.notices).toEqual([])
  const hidden = await startMenuPeer(system({ [filter]: () => 'not enough permissions (9)' }))
  expect((await opened(hidden)).router.notices).toEqual([])
})

for (const version of ['6.49', '7.20'] as const)
  for (const service of ['hotspot', 'ppp'] as const)
    test(`${service} missing on ${version} is not a failure, and is asked for once`, async () => {
      const simulated = await startRouter({ version, packages: service === 'ppp' ? ['hotspot'] : ['ppp'] })
      const { router } = await opened(simulated)
      for (let round = 0; round < 3; round++) expect(await router.read(service)).toBeUndefined()
      const menu = service === 'ppp' ? '/ppp/active' : '/ip/hotspot/active'
      expect(simulated.received(`${menu}/print`)).toBe(1)
      expect(router.missingMenus).toEqual([{ menu, reason: expect.stringMatching(/^no such command/) }])
      const other = service === 'ppp' ? 'hotspot' : 'ppp'
      expect(await router.read(other)).toMatchObject({ service: other })
    })

test('a missing right is a failure of the reading that is not retried soon', async () => {
  const peer = await startMenuPeer(system({ '/ip/hotspot/active': () => 'not enough permissions (9)' }))
  const { router } = await opened(peer)
  await expect(router.read('hotspot')).rejects.toMatchObject({ isMissingRight: true, retryable: false })
  peer.menus['/ip/hotspot/active'] = () => []
  expect(await router.read('hotspot')).toMatchObject({ sessions: [] })
})

test('a connection as a user without rights fails, and is closed', async () => {
  const users = [{ name: 'usage', password: 'secret', policy: ['api'] as const }]
  const simulated = await startRouter({ users })
  await expect(opened(simulated)).rejects.toMatchObject({ isMissingRight: true, retryable: false })
  await gone(simulated)
})

for (const rows of [[], [{ version: '7.20' }], [{ uptime: 'soon', version: '7.20' }]])
  test(`a router without an uptime (${JSON.stringify(rows)}) is not read: every session would be new`, async () => {
    const peer = await startMenuPeer(system({ '/system/resource': () => rows }))
    await expect(opened(peer)).rejects.toMatchObject({ name: 'RouterGarbled' })
    await peer.clients[0]?.closed
  })

test('a poll of both services in the steady state is three requests', async () => {
  const routerClock = new RouterClock()
  const simulated = await startRouter({ now: routerClock.now })
  simulated.login(HOTSPOT_ANN)
  simulated.login(PPP_ANN)
  const { router, clock } = await opened(simulated)
  const poll = () => Promise.all([router.read('hotspot'), router.read('ppp')])
  await poll()
  const [hotspot, ppp] = await poll().then(async () => {
    routerClock.turn(10_000)
    await clock.turn(10_000)
    return poll()
  })
  expect(withAllRows(hotspot)?.sessions).toMatchObject([
    { username: 'ann', counters: { upload: 1_000, download: 10_000 } },
  ])
  expect(withAllRows(ppp)?.sessions).toMatchObject([
    { username: 'ann', counters: { upload: 1_000, download: 10_000 } },
  ])
  expect(simulated.received('/interface/pppoe-server/print')).toBe(1)
  expect(
    ['/ip/hotspot/active/print', '/ppp/active/print', '/interface/print'].map(it => simulated.received(it)),
  ).toEqual([3, 3, 3])
})

test('three requests of a poll are one write', async () => {
  const peer = await startMenuPeer(
    system({ '/ip/hotspot/active': () => [], '/ppp/active': () => [], '/interface': () => [] }),
  )
  const { router } = await opened(peer)
  const before = peer.clients[0]?.chunks.length ?? 0
  peer.asked.length = 0
  await Promise.all([router.read('hotspot'), router.read('ppp')])
  expect(peer.asked).toHaveLength(3)
  expect((peer.clients[0]?.chunks.length ?? 0) - before).toBe(1)
})

for (const how of ['interleaving', 'junk', 'trickling'] as const)
  test(`a router that answers with ${how} is read to the byte`, async () => {
    const routerClock = new RouterClock()
    const simulated = await startRouter({ now: routerClock.now, isInterleaving: how === 'interleaving' })
    simulated.login(HOTSPOT_ANN)
    simulated.login(PPP_ANN)
    simulated.login({ ...PPP_ANN, protocol: 'l2tp', callerId: '203.0.113.9' })
    routerClock.turn(60_000)
    if (how === 'junk') simulated.addJunk()
    if (how === 'trickling') simulated.trickle()
    const { router } = await opened(simulated)
    const readings = await Promise.all([router.read('hotspot'), router.read('ppp')])
    const counters = { upload: 6_000, download: 60_000 }
    expect(readings).toMatchObject([{ sessions: [{ counters }] }, { sessions: [{ counters }, { counters }] }])
    expect(simulated.truth().map(it => it.carried)).toEqual([counters, counters, counters])
  })

test('`ended` rejects when the connection ends', async () => {
  const simulated = await startRouter({})
  const { router } = await opened(simulated)
  await Promise.all([expect(router.ended).rejects.toBeInstanceOf(RouterUnreachable), simulated.drop('fin')])
  await expect(router.read('ppp')).rejects.toBeInstanceOf(RouterUnreachable)
})

test('a reboot ends the connection, and the next connection has the new boot time', async () => {
  const routerClock = new RouterClock()
  const simulated = await startRouter({ now: routerClock.now })
  const { router } = await opened(simulated)
  await Promise.all([
    expect(router.ended).rejects.toBeInstanceOf(RouterUnreachable),
    simulated.reboot({ downForMs: 0 }),
  ])
  routerClock.turn(4_000)
  const { router: next, clock } = await opened(simulated)
  expect((await next.read('ppp'))?.boot.latestMs).toBe(clock.steadyMs() - 4_000)
})

test('a password that is windows-1252 on the router is accepted at the second attempt', async () => {
  const passwords: string[] = []
  const peer = await startPeer(async client => {
    const words = await client.next()
    const password = words.find(word => word.startsWith('=password=')) ?? ''
    passwords.push(password)
    if (password !== '=password=ni\xf1o')
      client.say('!trap', tagOf(words), '=message=invalid user name or password (6)')
    client.say('!done', tagOf(words))
    for (;;) {
      const command = await client.next()
      if (command.length === 0) return
      client.say('!re', tagOf(command), '=uptime=1d', '=name=hq')
      client.say('!done', tagOf(command))
    }
  })
  const { router } = await opened(peer, { services: [], address: { password: 'niño' } })
  expect(router.identity).toBe('hq')
  expect(passwords).toEqual(['=password=ni\xc3\xb1o', '=password=ni\xf1o'])
})

for (const password of ['secret', 'пароль'])
  test(`a refusal of ${password}, which is the same in both encodings, is not retried`, async () => {
    const simulated = await startRouter({})
    simulated.deny()
    await expect(opened(simulated, { address: { password } })).rejects.toBeInstanceOf(RouterLoginRefused)
    expect(simulated.received('/login')).toBe(1)
  })

test('a stop during the connect ends the connection and leaves no listener', async () => {
  const stop = new AbortController()
  const peer = await startMenuPeer(system())
  peer.beforePrint = () => stop.abort()
  await expect(opened(peer, { signal: stop.signal })).rejects.toThrow('closed by us')
  await peer.clients[0]?.closed
  expect(getEventListeners(stop.signal, 'abort')).toEqual([])
})

test('a stop after the connect does not close the connection', async () => {
  const stop = new AbortController()
  const peer = await startMenuPeer(system({ '/ip/hotspot/active': () => [] }))
  const { router } = await opened(peer, { signal: stop.signal })
  stop.abort()
  expect(await router.read('hotspot')).toMatchObject({ sessions: [] })
  expect(getEventListeners(stop.signal, 'abort')).toEqual([])
})

/** Resolves when the router has noticed that the connection is closed. */
async function gone(simulated: SimulatedRouter): Promise<void> {
  while (simulated.connections > 0) await new Promise(resolve => setImmediate(resolve))
}
