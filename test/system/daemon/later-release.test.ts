import { afterEach, beforeEach, expect, test } from 'vitest'
import { createFleet, type Fleet } from '../../harness/fleet/fleet.ts'
import { query } from '../../harness/postgres/query.ts'
import { createScratchDatabase, type ScratchDatabase } from '../../harness/postgres/scratch-database.ts'
import { compare, isEqual } from './compare.ts'
import { endedSessions } from './ended-sessions.ts'
import { subscribersOf } from './fleet-config.ts'
import { Scene, TENANTS, until } from './scene.ts'

let database: ScratchDatabase
let fleet: Fleet
let scenes: Scene[]

beforeEach(async () => {
  database = await createScratchDatabase()
  fleet = createFleet({ seed: 7, routers: 6, hotspotSessions: 3, pppSessions: 3 })
  await fleet.start()
  scenes = []
  for (let n = 0; n < 2; n++)
    scenes.push(
      await Scene.create(fleet, {
        database: { url: database.url },
        commit: { interval: '4s' },
        lease: { duration: '3s' },
      }),
    )
})

afterEach(async () => {
  for (const scene of scenes) await scene.end()
  await fleet.stop()
  await database.drop()
})

const LATER = Date.now() + 365 * 86_400_000
const positions = async () =>
  (await query<{ position: string }>(database.url, 'select position from routers')).map(it =>
    Number(it.position),
  )
const discarded = () => query(database.url, `select from ledger_events where kind = 'discarded'`)

async function startBoth() {
  const daemons = await Promise.all(scenes.map(scene => scene.startDaemon()))
  await until('all is committed once', async () => {
    const now = await positions()
    return now.length === 6 && now.every(it => it > 0)
  })
  return daemons
}

async function logOutSome(): Promise<void> {
  for (const router of fleet.routers)
    for (const [session] of [[...router.sessions.hotspot()], [...router.sessions.ppp()]])
      if (session) router.logout(session)
  // Long enough that the ends are read.
  await new Promise(resolve => setTimeout(resolve, 3_000))
}

async function expectExact(): Promise<void> {
  const { recorded, expected } = await endedSessions(database.url, fleet)
  expect(recorded).toEqual(expected)
  const comparison = await compare(database.url, subscribersOf(fleet, TENANTS))
  expect(comparison.differences).toEqual([])
  expect(isEqual(comparison)).toBe(true)
}

test('daemons stop in order before a later release changes the tables, and have committed all', async () => {
  const daemons = await startBoth()
  await logOutSome()
  await query(database.url, `update drizzle.tikmeter_schema set announced = ${LATER}`)
  expect(await Promise.all(daemons.map(it => it.ended))).toEqual([2, 2])
  for (const scene of scenes) {
    const [line] = scene.logged('a later release has upgraded the database')
    expect(line).toContain('the database is of a later release of tikmeter')
  }
  expect(await query(database.url, 'select from daemons where expires_at > now()')).toEqual([])
  expect(await discarded()).toEqual([])
  await expectExact()
}, 90_000)

test('daemons that the tables were changed under end, and their journals have what waits', async () => {
  const daemons = await startBoth()
  await logOutSome()
  const before = await positions()
  await query(database.url, `update drizzle.tikmeter_schema set writable_since = ${LATER}`)
  expect(await Promise.all(daemons.map(it => it.ended))).toEqual([2, 2])
  expect(await positions()).toEqual(before)
  // As the later release would start: it knows the tables.
  await query(database.url, 'update drizzle.tikmeter_schema set writable_since = 0')
  const later = await startBoth()
  await logOutSome()
  for (const daemon of later) expect(await daemon.end('SIGTERM')).toBe(0)
  expect(await discarded()).toEqual([])
  await expectExact()
}, 90_000)
