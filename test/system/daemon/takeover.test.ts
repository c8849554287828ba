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
import { ReadingGaps, Readings } from './readings.ts'
import { Scene, TENANTS, until } from './scene.ts'

/** A daemon that reads only what no other one can. */
const STANDBY = { daemon: { share: 0 } }

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

test('two daemons on one database read each router once, and one that stands by takes over within 20 s', async () => {
  await startFleet({ routers: expected(20, 50), sessions: 3 })
  const [a, b] = [await newScene('ann', {}), await newScene('bob', STANDBY)]
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

test('a daemon that joins gets its share, router by router, and gives it back at once when it leaves', async () => {
  await startFleet({ routers: 12, sessions: 3 })
  const [a, b] = [await newScene('ann', {}), await newScene('bob', {})]
  const first = await a.startDaemon()
  await readings.more(2, 'ann')
  const gaps = new ReadingGaps(fleet)
  const second = await b.startDaemon()
  const readers = () => fleet.routers.map(router => readings.last(router)?.reader)
  const ofBob = () => readers().filter(it => it === 'bob').length
  await until('each reads about half', () => ofBob() >= 5)
  await logOutSomewhere()
  expect(Math.max(...fleet.routers.map(router => router.connections))).toBe(1)
  expect(ofBob()).toBeLessThanOrEqual(7)
  expect(Math.max(...fleet.routers.map(router => router.logins))).toBe(2)
  expect(await second.end('SIGTERM')).toBe(0)
  await until('the first reads all', () => ofBob() === 0)
  const longestMs = gaps.stop()
  console.log(`longest gap between two readings of a router: ${Math.round(longestMs)} ms`)
  // Two intervals, and a moment for busy cores.
  expect(longestMs).toBeLessThan(3_000)
  await logOutSome('ann')
  expect(a.logged('taken over by another')).toEqual([])
  expect(await first.end('SIGTERM')).toBe(0)
  expect(await discarded('overtaken')).toEqual({ routers: 0, readings: 0 })
  await expectExact()
}, 90_000)

test('daemons that stop one right after the other all stop in order', async () => {
  await startFleet({ routers: 12, sessions: 3 })
  const scenes = [await newScene('ann', {}), await newScene('bob', {}), await newScene('ann', {})]
  const daemons = await Promise.all(scenes.map(scene => scene.startDaemon()))
  const readers = () => new Set(fleet.routers.map(router => readings.last(router)?.reader))
  await until('all are read', () => !readers().has(undefined))
  for (const daemon of daemons) {
    const ended = daemon.end('SIGTERM')
    // The next one is then taking what this one gives away.
    await new Promise(resolve => setTimeout(resolve, 350))
    await Promise.race([ended, new Promise(resolve => setTimeout(resolve, 50))])
  }
  expect(await Promise.all(daemons.map(daemon => daemon.ended))).toEqual([0, 0, 0])
  await expectExact()
}, 60_000)

test('daemons with different configs each read what their own config lists', async () => {
  await startFleet({ routers: 8, sessions: 3 })
  const [acme, hilltop] = tenantsConfig(fleet, TENANTS, 'ann')
  const [, ofBob] = tenantsConfig(fleet, TENANTS, 'bob')
  const [a, b] = [await newScene('ann', { tenants: [acme] }), await newScene('bob', { tenants: [ofBob] })]
  expect(hilltop).toBeDefined()
  const daemons = await Promise.all([a.startDaemon(), b.startDaemon()])
  const isAcme = (_: unknown, index: number) => index % 2 === 0
  const readBy = () => fleet.routers.map(router => readings.last(router)?.reader)
  const right = fleet.routers.map((router, index) => (isAcme(router, index) ? 'ann' : 'bob'))
  await until('each is read by its daemon', () => String(readBy()) === String(right))
  await Promise.all([a, b].map(async (_, index) => daemons[index]?.signal('SIGHUP')))
  await logOutSomewhere()
  const removed = await query(database.url, 'select from routers where removed_at is not null')
  expect(removed).toEqual([])
  expect(readBy()).toEqual(right)
  for (const daemon of daemons) expect(await daemon.end('SIGTERM')).toBe(0)
  await expectExact()
}, 60_000)

test('two daemons that start together share the routers, and read each of them once', async () => {
  await startFleet({ routers: 12, sessions: 3 })
  const [a, b] = [await newScene('ann', {}), await newScene('bob', {})]
  const daemons = await Promise.all([a.startDaemon(), b.startDaemon()])
  await until('every router is read', () => fleet.routers.every(router => readings.last(router)))
  const count = () => readings.countBy('ann') + readings.countBy('bob')
  const enough = count() + expected(4, 10) * 2 * fleet.routers.length
  await until('they are read for a while', () => count() >= enough)
  // One that took a router before it knew the other one gives it back.
  expect(Math.max(...fleet.routers.map(router => router.logins))).toBeLessThanOrEqual(2)
  expect(Math.max(...fleet.routers.map(router => router.connections))).toBe(1)
  await Promise.all(daemons.map(daemon => daemon.end('SIGTERM')))
  await expectExact()
}, 60_000)

test('a daemon that was paused and lost its routers cannot commit, and is given them back', async () => {
  await startFleet({ routers: 8, sessions: 6 })
  const more = { lease: { duration: '3s' }, commit: { interval: '4s' } }
  const [a, b] = [await newScene('ann', more), await newScene('bob', { ...more, ...STANDBY })]
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
  const after = readings.countBy('ann')
  // What it read before it noticed: at most what was under way.
  expect(after - wasRead).toBeLessThanOrEqual(2 * 2 * fleet.routers.length)
  const lost = await discarded('lost')
  expect(lost.routers).toBe(fleet.routers.length)

  await until('it has all routers again', () =>
    fleet.routers.every(router => readings.last(router)?.reader === 'ann'),
  )
  await logOutSome('ann')
  expect(await second.end('SIGTERM')).toBe(0)
  expect(await first.end('SIGTERM')).toBe(0)
  await expectExact()
}, 90_000)

test('what a killed daemon had not committed is reported when it returns to routers that another has read', async () => {
  await startFleet({ routers: 6, sessions: 4 })
  const more = { lease: { duration: '3s' }, commit: { interval: '4s' } }
  const [a, b] = [await newScene('ann', more), await newScene('bob', { ...more, ...STANDBY })]
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

/** Logs out a session of each service of each router, whichever daemon reads it. */
async function logOutSomewhere(): Promise<void> {
  for (const router of fleet.routers)
    for (const [session] of [[...router.sessions.hotspot()], [...router.sessions.ppp()]])
      if (session) router.logout(session)
  const before = fleet.routers.map(router => readings.countOf(router))
  await until('all are read again', () =>
    fleet.routers.every((router, index) => readings.countOf(router) >= (before[index] ?? 0) + 8),
  )
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
