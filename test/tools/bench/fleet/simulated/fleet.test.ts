import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { type Reading, rowsOf, type SessionReading } from '../../../../../src/accounting/reading.ts'
import { Router } from '../../../../../src/routeros/router.ts'
import { systemClock } from '../../../../../src/runtime/clock.ts'
import { ofService } from '../../../../accounting/readings.ts'
import { SERVICES, type SimulatedService, simulated } from '../../../../harness/services.ts'
import { plainLink } from '../../../../routeros/wire/dialled.ts'
import { newRouterServices } from '../../../../services/router-services.ts'
import { FastFleet } from './fleet.ts'
import { numberOf, usernameOf } from './menus.ts'
import type { FastRouter } from './router.ts'

const SESSIONS = 20

async function startFleet(): Promise<{ fleet: FastFleet; port: number }> {
  const fleet = new FastFleet({ seed: 1, routers: 2, sessions: SESSIONS })
  onTestFinished(() => fleet.stop())
  return { fleet, port: await fleet.start() }
}

async function connect(router: FastRouter, port: number): Promise<Router> {
  const client = await Router.connect(
    {
      address: { host: router.host, port, username: 'usage', password: 'any', tls: undefined },
      services: newRouterServices(),
      timeoutMs: 5_000,
      isListening: true,
      clock: systemClock,
      ...plainLink(),
    },
    new AbortController().signal,
  )
  onTestFinished(() => client.close())
  return client
}

async function read(client: Router, service: SimulatedService): Promise<Reading> {
  const reading = await client.read(service)
  if (!reading) throw new Error(`no ${service}`)
  return reading
}

function rows(reading: Reading): ReadonlyMap<string, SessionReading> {
  return new Map(Array.from(rowsOf(reading), ([row]) => [row.username, row]))
}

/** The bytes that the fleet claims to have shown of online subscribers, and those that the client got, by name. */
function held(router: FastRouter, reading: Reading): { shown: object; got: object } {
  const service = simulated(reading.service)
  const carried = [...router.of(service).carried()]
  const shown = router
    .of(service)
    .online.map(number => [usernameOf(service, { router: router.number, number }), carried[number]])
  const got = Array.from(rows(reading), ([name, { counters }]) => [name, counters])
  return { shown: Object.fromEntries(shown), got: Object.fromEntries(got) }
}

test('each router reports its own sessions, and counts to the byte what it reported', async () => {
  const { fleet, port } = await startFleet()
  for (const router of fleet.routers) {
    const client = await connect(router, port)
    expect(client.identity).toBe(router.identity)
    for (const service of SERVICES) {
      const reading = await read(client, service)
      const sessions = [...rows(reading).values()]
      expect(sessions).toHaveLength(SESSIONS / 2)
      expect(new Set(sessions.map(it => ofService(service).rules.identityKey(it))).size).toBe(SESSIONS / 2)
      expect(sessions.some(it => (it.counters?.download ?? 0) > 0)).toBe(true)
      const { shown, got } = held(router, reading)
      expect(got).toEqual(shown)
    }
  }
})

test('counters grow, and a session keeps its login time', async () => {
  const { fleet, port } = await startFleet()
  const [router] = fleet.routers
  if (!router) throw new Error('no router')
  const client = await connect(router, port)
  const [first, second] = [rows(await read(client, 'ppp')), rows(await read(client, 'ppp'))]
  expect([...second.keys()].sort()).toEqual([...first.keys()].sort())
  for (const [name, { counters, login }] of second) {
    const before = first.get(name)
    expect(counters?.download).toBeGreaterThanOrEqual(before?.counters?.download ?? Number.NaN)
    expect(login.latestMs).toBeGreaterThanOrEqual(before?.login.earliestMs ?? Number.NaN)
    expect(login.earliestMs).toBeLessThanOrEqual(before?.login.latestMs ?? Number.NaN)
  }
})

test('a logout is reported at once and keeps the last bytes; a login begins at zero', async () => {
  const { fleet, port } = await startFleet()
  const [router] = fleet.routers
  if (!router) throw new Error('no router')
  const client = await connect(router, port)
  for (const service of SERVICES) {
    const before = await read(client, service)
    const { shown } = held(router, before)
    const namesBefore = [...rows(before).keys()]
    router.swap(service, performance.now())
    const after = await read(client, service)
    const now = rows(after)
    const gone = namesBefore.filter(name => !now.has(name))
    const come = [...now.keys()].filter(name => !namesBefore.includes(name))
    expect([gone.length, come.length, after.departures?.size]).toEqual([1, 1, 1])
    expect(now.get(come[0] ?? '')?.uptimeSeconds).toBe(0)
    const carried = [...router.of(service).carried()]
    const [name = ''] = gone
    expect(carried[numberOf(name)]).toEqual(Object.entries(shown).find(([it]) => it === name)?.[1])
    const again = held(router, after)
    expect(again.got).toEqual(again.shown)
  }
})

test('a cut reply counts for nothing, and whole replies before the cut count', async () => {
  const { fleet, port } = await startFleet()
  const [router] = fleet.routers
  if (!router) throw new Error('no router')
  const client = await connect(router, port)
  await read(client, 'ppp')
  await read(client, 'hotspot')
  const before = { hotspot: router.hotspot.readings.lastMs, ppp: router.ppp.readings.lastMs }
  router.trouble = 'cutting'
  const [hotspot, ppp] = await Promise.allSettled([read(client, 'hotspot'), read(client, 'ppp')])
  expect([hotspot.status, ppp.status]).toEqual(['fulfilled', 'rejected'])
  expect(router.hotspot.readings.lastMs).toBeGreaterThan(before.hotspot)
  expect(router.ppp.readings.lastMs).toBe(before.ppp)
  const again = await connect(router, port)
  router.trouble = 'cutting'
  await expect(read(again, 'hotspot')).rejects.toThrow()
  const third = await connect(router, port)
  const { shown, got } = held(router, await read(third, 'hotspot'))
  expect(got).toEqual(shown)
})

test('what a subscriber who left was last read with is in doubt until the client asks again on the same connection', async () => {
  const { fleet, port } = await startFleet()
  const [router] = fleet.routers
  if (!router) throw new Error('no router')
  for (const service of SERVICES) {
    const subscribers = router.of(service)
    const client = await connect(router, port)
    await read(client, service)
    const taken = [...subscribers.carried()]
    await sleep(50)
    await read(client, service)
    const carried = [...subscribers.carried()]
    for (let swaps = 0; swaps < SESSIONS / 2; swaps++) router.swap(service, performance.now())
    const doubted = [...subscribers.doubted()]
    const grown = (number: number, way: 'upload' | 'download') =>
      (carried[number]?.[way] ?? 0) - (taken[number]?.[way] ?? 0)
    for (const [number, bytes] of doubted)
      expect(bytes).toEqual({ upload: grown(number, 'upload'), download: grown(number, 'download') })
    expect(doubted.some(([, bytes]) => bytes.download > 0)).toBe(true)
    await read(client, service)
    expect([...subscribers.doubted()]).toEqual([])
    client.close()
    const other = await connect(router, port)
    router.swap(service, performance.now())
    for (let reading = 0; reading < 3; reading++) await read(other, service)
    expect([...subscribers.doubted()]).toHaveLength(1)
  }
})

test('a frozen fleet has no traffic, and knows who was read since', async () => {
  const { fleet, port } = await startFleet()
  const clients = await Promise.all(fleet.routers.map(router => connect(router, port)))
  fleet.churn(60)
  for (const client of clients) await read(client, 'ppp')
  const frozenMs = await fleet.freeze()
  expect(fleet.unread(frozenMs)).toBe(2)
  for (const client of clients) for (const service of SERVICES) await read(client, service)
  expect(fleet.unread(frozenMs)).toBe(0)
  const carried = fleet.routers.map(router => [...router.ppp.carried()])
  for (const client of clients) await read(client, 'ppp')
  expect(fleet.routers.map(router => [...router.ppp.carried()])).toEqual(carried)
})

test('a roaming guest is online at several routers, and once at each', () => {
  const [here, there, elsewhere] = [3, 23, 4].map(router =>
    Array.from({ length: 40 }, (_, number) => usernameOf('hotspot', { router, number })),
  )
  expect(new Set(here).size).toBe(40)
  expect(here?.filter(name => there?.includes(name))).toEqual(['roaming-3-0', 'roaming-3-20'])
  expect(here?.filter(name => elsewhere?.includes(name))).toEqual([])
})
