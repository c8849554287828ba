import { expect, onTestFinished, test } from 'vitest'
import { serverIdentity } from './certificate.ts'
import { createFleet, type Fleet, type FleetOptions } from './fleet.ts'
import { HandClock } from './opened.ts'

async function startFleet(options: Partial<FleetOptions>): Promise<Fleet> {
  const fleet = createFleet({ seed: 1, routers: 5, hotspotSessions: 20, pppSessions: 20, ...options })
  onTestFinished(() => fleet.stop())
  await fleet.start()
  return fleet
}

/** Without the names of interfaces, which the seed does not determine. */
function story(fleet: Fleet): readonly string[] {
  return fleet
    .truth()
    .map(it => `${it.router} ${it.protocol} ${it.username} ${it.address} ${it.total.upload} ${it.logoutAtMs}`)
}

test('the same seed makes the same fleet and the same churn', async () => {
  const stories: (readonly string[])[] = []
  for (let run = 0; run < 2; run++) {
    const clock = new HandClock()
    const fleet = await startFleet({ router: { now: clock.now } })
    for (let i = 0; i < 200; i++) {
      clock.turn(100)
      fleet.step()
    }
    stories.push(story(fleet))
  }
  expect(stories[0]).toEqual(stories[1])
  expect(stories[0]?.length).toBeGreaterThan(200)
})

test('a fleet has both versions, absent packages, twins and names that need every byte', async () => {
  const fleet = await startFleet({ tls: serverIdentity() })
  const names = new Set(fleet.truth().map(session => session.username))
  for (const name of ['josé@wisp', 'ann smith', '<x>', 'сергей', 'Ágnes', 'João', 'a=b', 'ann-1'])
    expect(names).toContain(name)
  const [first] = fleet.routers
  const users = Array.from(first?.sessions.hotspot() ?? [], session => session.rawName)
  expect(new Set(users).size).toBeLessThan(users.length)
  expect(fleet.routers.map(router => router.hasTls)).toEqual([false, false, true, false, false])
  const counts = fleet.routers.map(router => [...router.sessions.hotspot()].length)
  expect(counts).toEqual([20, 20, 20, 0, 20])
})

test('churn stops with its signal', async () => {
  const fleet = await startFleet({ routers: 1 })
  const stop = new AbortController()
  const churn = fleet.churn(stop.signal, 500)
  while (fleet.truth().every(session => session.logoutAtMs === undefined))
    await new Promise(resolve => setImmediate(resolve))
  stop.abort()
  await churn
})
