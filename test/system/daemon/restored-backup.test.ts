import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createFleet, type Fleet } from '../../harness/fleet/fleet.ts'
import { query } from '../../harness/postgres/query.ts'
import { createScratchDatabase, type ScratchDatabase } from '../../harness/postgres/scratch-database.ts'
import { compare } from './compare.ts'
import { subscribersOf } from './fleet-config.ts'
import { Readings } from './readings.ts'
import { Scene, TENANTS } from './scene.ts'

const READER = 'usage'
const OLDER = 'the database is older than the journal'

let database: ScratchDatabase
let fleet: Fleet
let readings: Readings
let scene: Scene
beforeEach(async () => {
  database = await createScratchDatabase()
  fleet = createFleet({ seed: 11, routers: 4, hotspotSessions: 6, pppSessions: 6 })
  await fleet.start()
  readings = new Readings(fleet)
  readings.start()
  scene = await Scene.create(fleet, { database: { url: database.url } })
})
afterEach(async () => {
  readings.stop()
  await scene.end()
  await fleet.stop()
  await database.drop()
})

/** Copies a database that nobody uses. */
async function copy(from: string, to: string): Promise<void> {
  const admin = Object.assign(new URL(database.url), { pathname: '/postgres' }).href
  await query(
    admin,
    `select pg_terminate_backend(pid) from pg_stat_activity where datname in ('${from}', '${to}')`,
  )
  await query(admin, `drop database if exists ${to}`)
  await query(admin, `create database ${to} template ${from} strategy file_copy`)
}

test('a backup that is older than the journal is explained, and sessions that go on are counted to the byte', {
  timeout: 90_000,
}, async () => {
  const name = new URL(database.url).pathname.slice(1)
  const backup = `backup_${randomBytes(6).toString('hex')}`
  // Two starts, so that leases have a greater epoch after the backup than in it.
  for (let start = 0; start < 2; start++) {
    const daemon = await scene.startDaemon()
    await readings.more(3, READER)
    expect(await daemon.end(start === 0 ? 'SIGTERM' : 'SIGKILL')).toBe(start === 0 ? 0 : 'SIGKILL')
    if (start === 0) await copy(name, backup)
  }
  const later = await scene.startDaemon()
  await readings.more(4, READER)
  await later.end('SIGKILL')
  expect(scene.logged(OLDER)).toEqual([])
  await copy(backup, name)

  const restored = await scene.startDaemon()
  await readings.more(3, READER)
  const [line = '', ...more] = scene.logged(OLDER)
  expect(more).toEqual([])
  expect(JSON.parse(line)).toMatchObject({
    ...{ level: 50, routers: fleet.routers.length, readings: expect.any(Number) },
    msg: expect.stringContaining('what it lacks of sessions that have ended is lost'),
  })
  const reasons = `select detail->>'reason' as reason, count(*)::int as routers from ledger_events
    where kind = 'discarded' group by 1`
  for (const row of await query(database.url, reasons)) expect(row).toMatchObject({ reason: 'restored' })
  // What is journaled since then outlives a crash, although the backup has smaller epochs.
  await restored.end('SIGKILL')
  const last = await scene.startDaemon()
  await readings.more(3, READER)
  expect(await last.end('SIGTERM')).toBe(0)
  expect(scene.logged(OLDER)).toHaveLength(1)
  expect((await compare(database.url, subscribersOf(fleet, TENANTS))).differences).toEqual([])
  const admin = Object.assign(new URL(database.url), { pathname: '/postgres' }).href
  await query(admin, `drop database ${backup} with (force)`)
})
