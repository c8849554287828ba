import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { segmentNumbers } from '../../../src/journal/files/segment-name.ts'
import { createFleet, type Fleet } from '../../harness/fleet/fleet.ts'
import { utf8 } from '../../harness/fleet/name.ts'
import type { SimulatedRouter } from '../../harness/fleet/simulated-router.ts'
import { varyingTraffic } from '../../harness/fleet/traffic.ts'
import type { SessionTruth } from '../../harness/fleet/truth.ts'
import { query } from '../../harness/postgres/query.ts'
import { compare, isEqual } from './compare.ts'
import type { DaemonProcess } from './daemon-process.ts'
import { endedSessions } from './ended-sessions.ts'
import { subscribersOf } from './fleet-config.ts'
import { OuterPostgres } from './outer-postgres.ts'
import { Readings } from './readings.ts'
import { Scene, TENANTS, until } from './scene.ts'

const READER = 'usage'

let postgres: OuterPostgres
let fleet: Fleet
let readings: Readings
let scene: Scene

beforeEach(async () => {
  postgres = await OuterPostgres.create()
  fleet = createFleet({
    ...{ seed: 21, routers: 6, hotspotSessions: 10, pppSessions: 10 },
    router: { packages: ['hotspot', 'ppp'] },
  })
  await fleet.start()
  readings = new Readings(fleet)
  readings.start()
  // Longer than a start takes: see `startedWhileUp`.
  scene = await Scene.create(fleet, { database: { url: postgres.url }, commit: { interval: '3s' } })
})

afterEach(async () => {
  readings.stop()
  await scene.end()
  await fleet.stop()
  await postgres.end()
})

test('what three daemons read in one outage, each killed before it could commit, is recorded once, to the byte', async () => {
  const first = await scene.startDaemon()
  await until('every router is committed', isEveryRouterCommitted)
  await postgres.kill()
  let left = await comeAndGo('first')
  expect(left).toBeGreaterThan(50)
  await first.end('SIGKILL')
  await postgres.comeBack()
  const committed = await positions()
  for (const name of ['second', 'third']) {
    const daemon = await scene.startDaemon()
    await postgres.kill()
    left += await comeAndGo(name)
    await daemon.end('SIGKILL')
    await postgres.comeBack()
    expect(await positions()).toEqual(committed)
  }
  const last = await scene.startDaemon()
  await readings.more(1, READER)
  await expectExact(last, left)
}, 120_000)

test('a daemon that is stopped while PostgreSQL is down leaves what is uncommitted in its journal', async () => {
  const first = await scene.startDaemon()
  await until('every router is committed', isEveryRouterCommitted)
  await postgres.kill()
  const left = await comeAndGo('late')
  const code = await first.end('SIGTERM')
  const told = `ended with ${code}: ${scene.logged('').slice(-20).join('\n')}`
  expect(scene.logged('stopped before the database had all bytes'), told).toHaveLength(1)
  await postgres.comeBack()
  const second = await scene.startDaemon()
  await readings.more(1, READER)
  await expectExact(second, left)
}, 120_000)

test('after an outage a daemon catches up without a restart', async () => {
  const daemon = await scene.startDaemon()
  await until('every router is committed', isEveryRouterCommitted)
  await postgres.kill()
  const left = await comeAndGo('late')
  await postgres.comeBack()
  await until('it commits again', () => scene.logged('database commits again').length > 0)
  await expectExact(daemon, left)
  expect(scene.logged('commit failed')).toHaveLength(1)
}, 120_000)

/** Sessions begin, are read, end, and are seen to have ended, all in the journal. @returns how many ended */
async function comeAndGo(name: string): Promise<number> {
  for (const router of fleet.routers) logInLate(router, name)
  await readings.more(3, READER)
  const before = fleet.truth().filter(isEnded).length
  for (const router of fleet.routers)
    for (const sessions of [[...router.sessions.hotspot()], [...router.sessions.ppp()]])
      for (const session of [...sessions.slice(0, 5), ...sessions.slice(-1)]) router.logout(session)
  await readings.more(3, READER)
  return fleet.truth().filter(isEnded).length - before
}

async function expectExact(daemon: DaemonProcess, left: number): Promise<void> {
  expect(await daemon.end('SIGTERM')).toBe(0)
  const { recorded, expected } = await endedSessions(postgres.url, fleet)
  expect(expected.length).toBe(left)
  expect(recorded).toEqual(expected)
  const comparison = await compare(postgres.url, subscribersOf(fleet, TENANTS))
  expect(comparison.differences).toEqual([])
  expect(isEqual(comparison)).toBe(true)
  expect(comparison.recorded.download).toBeGreaterThan(0n)
  // All of it is in the database.
  expect(segmentNumbers(await readdir(join(scene.folder, 'journal')))).toEqual([])
}

/** Logs in a subscriber that the database cannot know before the outage ends. */
function logInLate(router: SimulatedRouter, name: string): void {
  const number = fleet.routers.indexOf(router)
  const traffic = varyingTraffic(number, { upload: 30_000, download: 300_000 })
  const device = `${hex(number)}:00:${hex(fleet.truth().length & 255)}`
  router.login({
    ...{ protocol: 'hotspot', name: utf8(name), traffic },
    ...{ address: `10.77.${number}.${name.length}`, macAddress: `02:CC:${hex(name.length)}:${device}` },
  })
  router.login({
    ...{ protocol: 'pppoe', name: utf8(name), traffic },
    ...{ address: `10.78.${number}.${name.length}`, callerId: `02:DD:${hex(name.length)}:${device}` },
  })
}

async function isEveryRouterCommitted(): Promise<boolean> {
  const rows = await query<object>(postgres.url, 'select from routers where position > 3')
  return rows.length === fleet.routers.length
}

function isEnded({ logoutAtMs }: SessionTruth): boolean {
  return logoutAtMs !== undefined
}

async function positions(): Promise<readonly object[]> {
  return query(postgres.url, 'select tenant_id, id, position from routers order by 1, 2')
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0').toUpperCase()
}
