import { afterEach, beforeEach, expect, test } from 'vitest'
import { type RouterKey, routerId, routerKey, tenantId } from '../../../src/accounting/ids.ts'
import type { Reading } from '../../../src/accounting/reading.ts'
import { Poller } from '../../../src/poller/poller.ts'
import { Router } from '../../../src/routeros/router.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { createLogger } from '../../../src/runtime/logger.ts'
import { createFleet, type Fleet } from '../../harness/fleet/fleet.ts'
import type { SimulatedRouter } from '../../harness/fleet/simulated-router.ts'
import { Observations } from '../../harness/observations.ts'
import { OWN_LOOPBACK } from '../../harness/own-loopback.ts'
import { plainLink } from '../../routeros/wire/dialled.ts'
import { newRouterServices } from '../../services/router-services.ts'
import { until } from './scene.ts'

const TICKS = 8

let fleet: Fleet
let poller: Poller
let bugs: unknown[]
const readings = new Map<RouterKey, Reading[]>()

beforeEach(async () => {
  fleet = createFleet({
    ...{ seed: 4, routers: 20, hotspotSessions: 5, pppSessions: 5 },
    router: { packages: ['hotspot', 'ppp'], host: OWN_LOOPBACK },
  })
  await fleet.start()
  bugs = []
  readings.clear()
  poller = new Poller({
    ...{
      isSpread: true,
      concurrency: 4,
      clock: systemClock,
      log: createLogger('silent'),
      random: Math.random,
      graceMs: 0,
    },
    observer: new Observations(),
    onBug: error => bugs.push(error),
    heldBack: () => undefined,
    sink: {
      record(router, more) {
        readings.set(router, [...(readings.get(router) ?? []), ...more])
      },
    },
  })
  poller.start()
})

afterEach(async () => {
  await poller.stop()
  await fleet.stop()
})

test('3 routers that refuse, 2 that hang and 1 that trickles leave the other 14 read on every tick', async () => {
  const [refusing, hanging, trickling] = [
    fleet.routers.slice(0, 3),
    fleet.routers.slice(3, 5),
    fleet.routers.slice(5, 6),
  ]
  const healthy = fleet.routers.slice(6)
  for (const router of refusing) router.refuse()
  for (const router of hanging) router.hang()
  for (const router of trickling) router.trickle(1)
  for (const router of fleet.routers) poller.add(polled(router))
  await until('every healthy router was read often enough', () =>
    healthy.every(router => hotspotReadings(router).length > TICKS),
  )
  expect(bugs).toEqual([])
  for (const router of healthy) {
    const [, ...atTicks] = hotspotReadings(router).map(reading => reading.at.steadyMs)
    const [first = 0, last = 0] = [atTicks[0], atTicks.at(-1)]
    // On a busy machine the first one and the last one may be late.
    const ticks = (last - first) / 1000
    expect(Math.abs(ticks - (atTicks.length - 1))).toBeLessThan(2)
    expect(poller.health(keyOf(router))).toMatchObject({ state: 'online', failures: 0 })
  }
  for (const router of [...refusing, ...hanging]) {
    expect(hotspotReadings(router)).toEqual([])
    expect(poller.health(keyOf(router))?.state).not.toBe('online')
  }
})

test('an idle hotspot on 7.20 is read 200 times over one connection, and its !empty ends nothing', async () => {
  const [router] = fleet.routers
  if (!router) throw new Error('a fleet has routers')
  for (const session of [...router.sessions.hotspot()]) router.logout(session)
  const link = await connect(router, new AbortController().signal)
  for (let poll = 0; poll < 200; poll++) {
    const reading = await link.read('hotspot')
    expect(reading?.sessions).toEqual([])
  }
  expect(router.logins).toBe(1)
  link.close()
})

function polled(router: SimulatedRouter) {
  return {
    ...{
      key: keyOf(router),
      services: ['hotspot', 'ppp'] as const,
      schedule: '* * * * * *',
      isEnabled: true,
    },
    connect: (signal: AbortSignal) => connect(router, signal),
  }
}

function connect(router: SimulatedRouter, signal: AbortSignal): Promise<Router> {
  const { host, port } = router
  return Router.connect(
    {
      address: { host, port, username: 'usage', password: 'secret', tls: undefined },
      ...{ services: newRouterServices(), timeoutMs: 10_000, isListening: true, clock: systemClock },
      ...plainLink(),
    },
    signal,
  )
}

function hotspotReadings(router: SimulatedRouter): readonly Reading[] {
  return (readings.get(keyOf(router)) ?? []).filter(reading => reading.service === 'hotspot')
}

function keyOf(router: SimulatedRouter): RouterKey {
  return routerKey(tenantId('acme'), routerId(router.identity))
}
