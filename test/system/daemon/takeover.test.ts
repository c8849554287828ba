import { cp } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createFleet, type Fleet } from '../../harness/fleet/fleet.ts'
import { query } from '../../harness/postgres/query.ts'
import { createScratchDatabase, type ScratchDatabase } from '../../harness/postgres/scratch-database.ts'
import { expected } from '../../harness/random-runs.ts'
import { compare, isEqual } from './compare.ts'
import { endedSessions } from './ended-sessions.ts'
import { subscribersOf, tenantsConfig } from './fleet-config.ts'
import { Readings } from './readings.ts'
import { Scene, TENANTS, until } from './scene.ts'

let database: ScratchDatabase
let fleet: Fleet
let readings: Readings
let scenes: Scene[]

beforeEach(async () => {
  database = await createScratchDatabase()
  scenes = []
})

afterEach(async () => {
  readings.stop()
  for (const scene of scenes) await scene.end()
  await fleet.stop()
  await database.drop()
})

test('two daemons on one database read each router once, and the other takes over within 20 s', async () => {
  await startFleet({ routers: expected(20, 50), sessions: 3 })
  const [a, b] = [await newScene('ann', {}), await newScene('bob', {})]
  const first = await a.startDaemon()
  await readings.more(1, 'ann')
  const second = await b.startDaemon()
  // Long enough for the second daemon to have looked for a free router.
  await readings.more(6, 'ann')
  expect(fleet.routers.map(router => router.logins)).toEqual(fleet.routers.map(() => 1))
  expect(readings.countBy('bob')).toBe(0)

  const taken = fleet.routers.map(async router => {
    await router.nextCommand('/login')
    return performance.now()
  })
  await first.end('SIGKILL')
  const killedMs = performance.now()
  const seconds = (await Promise.all(taken)).map(atMs => (atMs - killedMs) / 1000).sort((x, y) => x - y)
  const [median, worst] = [seconds[seconds.length >> 1] ?? 0, seconds.at(-1) ?? 0]
  console.log(
    `taken over after ${median.toFixed(1)} s (median), ${worst.toFixed(1)} s (worst of ${seconds.length})`,
  )
  expect(worst).toBeLessThan(20)

  await readings.more(2, 'bob')
  expect(fleet.routers.map(router => router.connections)).toEqual(fleet.routers.map(() => 1))
  expect(await second.end('SIGTERM')).toBe(0)
  await expectExact()
}, 90_000)

test('two daemons that start together share the routers, and read each of them once', async () => {
  await startFleet({ routers: 12, sessions: 3 })
  const [a, b] = [await newScene('ann', {}), await newScene('bob', {})]
  const daemons = await Promise.all([a.startDaemon(), b.startDaemon()])
  await until('every router is read', () => fleet.routers.every(router => readings.last(router)))
  const count = () => readings.countBy('ann') + readings.countBy('bob')
  const enough = count() + expected(4, 10) * 2 * fleet.routers.length
  await until('they are read for a while', () => count() >= enough)
  expect(fleet.routers.map(router => router.logins)).toEqual(fleet.routers.map(() => 1))
  await Promise.all(daemons.map(daemon => daemon.end('SIGTERM')))
  await expectExact()
}, 60_000)

test('a daemon that was paused and lost its routers cannot commit, and takes them again when the other stops', async () => {
  await startFleet({ routers: 8, sessions: 6 })
  const more = { lease: { duration: '3s' }, commit: { interval: '4s' } }
  const [a, b] = [await newScene('ann', more), await newScene('bob', more)]
  const first = await a.startDaemon()
  await readings.more(2, 'ann')
  const second = await b.startDaemon()
  await untilSomethingWaits()
  first.signal('SIGSTOP')
  await readings.more(2, 'bob')
  await logOutSome('bob')
  const wasRead = readings.countBy('ann')

  first.signal('SIGCONT')
  await until(
    'it has noticed for all routers',
    () => a.logged('taken over by another').length >= fleet.routers.length,
  )
  expect(a.logged('taken over by another')).toHaveLength(fleet.routers.length)
  await until('its connections are closed', () => fleet.routers.every(router => router.connections === 1))
  const after = readings.countBy('ann')
  await readings.more(3, 'bob')
  expect(readings.countBy('ann')).toBe(after)
  // What it read before it noticed: at most what was under way.
  expect(after - wasRead).toBeLessThanOrEqual(2 * 2 * fleet.routers.length)
  const lost = await discarded('lost')
  expect(lost.routers).toBe(fleet.routers.length)

  await logOutSome('bob')
  const stoppedMs = performance.now()
  const isTaken = Promise.all(fleet.routers.map(router => router.nextCommand('/login')))
  expect(await second.end('SIGTERM')).toBe(0)
  await isTaken
  const tookMs = performance.now() - stoppedMs
  console.log(
    `taken ${Math.round(tookMs)} ms after the SIGTERM of the other; ${JSON.stringify(lost)} discarded`,
  )
  expect(tookMs).toBeLessThan(2_500)
  await readings.more(2, 'ann')
  await logOutSome('ann')
  expect(await first.end('SIGTERM')).toBe(0)
  await expectExact()
}, 90_000)

test('what a killed daemon had not committed is reported when it returns to routers that another has read', async () => {
  await startFleet({ routers: 6, sessions: 4 })
  const more = { lease: { duration: '3s' }, commit: { interval: '4s' } }
  const [a, b] = [await newScene('ann', more), await newScene('bob', more)]
  const first = await a.startDaemon()
  await readings.more(2, 'ann')
  const second = await b.startDaemon()
  await untilSomethingWaits()
  await first.end('SIGKILL')
  await readings.more(2, 'bob')
  const third = await a.startDaemon()
  expect(await second.end('SIGTERM')).toBe(0)
  await readings.more(2, 'ann')
  expect((await discarded('overtaken')).routers).toBe(fleet.routers.length)
  await logOutSome('ann')
  expect(await third.end('SIGTERM')).toBe(0)
  await expectExact()
}, 60_000)

test('of two daemons on copies of one disk the one started last reads, and the other ends and asks not to be restarted', async () => {
  await startFleet({ routers: 6, sessions: 4 })
  const more = { lease: { duration: '3s' } }
  const [a, b] = [await newScene('ann', more), await newScene('bob', more)]
  const first = await a.startDaemon()
  await readings.more(2, 'ann')
  await cp(join(a.folder, 'journal/daemon-id'), join(b.folder, 'journal/daemon-id'))
  const second = await b.startDaemon()
  expect(await first.ended).toBe(2)
  const [line] = a.logged('a daemon with the same id was started later')
  expect(line).toContain(`"host":"${hostname()}"`)
  await readings.more(3, 'bob')
  expect(fleet.routers.map(router => router.connections)).toEqual(fleet.routers.map(() => 1))
  expect(b.logged('taken over by another')).toEqual([])
  await logOutSome('bob')
  expect(await second.end('SIGTERM')).toBe(0)
  await expectExact()
}, 60_000)

test('an orderly restart is immediate and exact, by the same daemon or by another', async () => {
  await startFleet({ routers: 10, sessions: 6 })
  const more = { commit: { interval: '60s' } }
  const [a, b] = [await newScene('ann', more), await newScene('bob', more)]
  let running = await a.startDaemon()
  await readings.more(2, 'ann')
  await logOutSome('ann')
  for (const [name, scene] of [['ann', a] as const, ['bob', b] as const]) {
    const isTaken = Promise.all(fleet.routers.map(router => router.nextCommand('/login')))
    expect(await running.end('SIGTERM')).toBe(0)
    const stoppedMs = performance.now()
    running = await scene.startDaemon()
    const startedMs = performance.now()
    await isTaken
    const nowMs = performance.now()
    console.log(`${name} read again ${Math.round(nowMs - stoppedMs)} ms after the stop`)
    // A start that had to wait for a lease would take one more look.
    expect(nowMs - startedMs).toBeLessThan(1_500)
    await readings.more(2, name)
    await logOutSome(name)
  }
  expect(await running.end('SIGTERM')).toBe(0)
  expect(await discarded('overtaken')).toEqual({ routers: 0, readings: 0 })
  await expectExact()
}, 60_000)

/** Starts a fleet whose routers know two daemons, each as a separate user. */
async function startFleet(size: { routers: number; sessions: number }): Promise<void> {
  const users = ['ann', 'bob'].map(name => {
    return { name, password: 'secret', policy: ['read', 'api'] } as const
  })
  fleet = createFleet({
    ...{ seed: 31, routers: size.routers, hotspotSessions: size.sessions, pppSessions: size.sessions },
    router: { packages: ['hotspot', 'ppp'], users },
  })
  await fleet.start()
  readings = new Readings(fleet)
  readings.start()
}

/** A daemon with its config and journal. */
async function newScene(username: string, more: Readonly<Record<string, unknown>>): Promise<Scene> {
  const tenants = tenantsConfig(fleet, TENANTS, username)
  const scene = await Scene.create(fleet, { database: { url: database.url }, tenants, ...more })
  scenes.push(scene)
  return scene
}

/** Logs out one session of each service on each router, and waits until their end is read. */
async function logOutSome(reader: string): Promise<void> {
  for (const router of fleet.routers)
    for (const [session] of [[...router.sessions.hotspot()], [...router.sessions.ppp()]])
      if (session) router.logout(session)
  await readings.more(3, reader)
}

/** Resolves when a commit has just finished and every router has been read since. */
async function untilSomethingWaits(): Promise<void> {
  const before = await positions()
  await until('all is committed', async () => {
    const now = await positions()
    return now.every((position, index) => position > (before[index] ?? 0))
  })
  await readings.more(2, 'ann')
}

async function positions(): Promise<readonly number[]> {
  const rows = await query<{ position: string }>(
    database.url,
    'select position from routers order by tenant_id, id',
  )
  return rows.map(row => Number(row.position))
}

interface DiscardedReadings {
  readonly routers: number
  readonly readings: number
}

async function discarded(reason: 'lost' | 'overtaken'): Promise<DiscardedReadings> {
  const [row] = await query<DiscardedReadings>(
    database.url,
    `select count(distinct (tenant_id, router_id))::int as routers,
       coalesce(sum((detail->>'readings')::int), 0)::int as readings
     from ledger_events where kind = 'discarded' and detail->>'reason' = '${reason}'`,
  )
  return row ?? { routers: 0, readings: 0 }
}

async function expectExact(): Promise<void> {
  const { recorded, expected } = await endedSessions(database.url, fleet)
  expect(recorded).toEqual(expected)
  const comparison = await compare(database.url, subscribersOf(fleet, TENANTS))
  expect(comparison.differences).toEqual([])
  expect(isEqual(comparison)).toBe(true)
  expect(comparison.recorded.download).toBeGreaterThan(0n)
}
