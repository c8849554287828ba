import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import { SchemaWatch } from '../../../src/store/housekeeping/schema-watch.ts'
import { migrate } from '../../../src/store/pg/migrate.ts'
import { applyMigrations } from '../../../src/store/schema/apply-migrations.ts'
import {
  type Migration,
  newestVersion,
  readMigrations,
  stepsOf,
} from '../../../src/store/schema/migrations.ts'
import { HandClock } from '../../runtime/hand-clock.ts'
import { rethrow } from '../../runtime/rethrow.ts'
import { duringCommit } from '../commit/lease-scene.ts'
import { decide, quarantineBurst } from '../events/decision-scene.ts'
import { busyRouters, key, type LedgerScene, openLedgerScene, sums } from '../pg/ledger-scene.ts'

let scene: LedgerScene
beforeAll(async () => {
  scene = await openLedgerScene()
})
beforeEach(async () => {
  await scene.begin()
  await scene.ask('drop table if exists later')
  await scene.ask(`delete from drizzle.__drizzle_migrations where created_at > ${newestVersion()}`)
  await scene.ask('update drizzle.tikmeter_schema set writable_since = 0, announced = 0, migration = 0')
})
afterAll(() => scene.stop())

/** A migration of a later release. */
function later(isCompatible: boolean): Migration {
  const steps = stepsOf(['create table later (id int)'])
  return { version: newestVersion() + 1, tag: '9999_later', hash: 'later', isCompatible, steps }
}

/** Migrates as a later release does. */
async function migrateLater(isCompatible: boolean): Promise<void> {
  const client = await scene.database.pool.connect()
  try {
    await applyMigrations(client, [...readMigrations(), later(isCompatible)], undefined, () => {})
  } finally {
    client.release()
  }
}

/** Which errors a running daemon is ended by. */
function watch() {
  const clock = new HandClock('2026-11-24T12:00:00Z')
  const found: string[] = []
  const schemaWatch = new SchemaWatch({
    ...{ database: scene.database, clock, onBug: rethrow },
    onTooNew: error => found.push(error.message),
  })
  schemaWatch.start()
  onTestFinished(() => schemaWatch.stop())
  return { found, turn: () => clock.turn(5_000) }
}

test('after a migration that it does not know a daemon commits nothing, and ends with a message', async () => {
  const [hq, hill] = busyRouters()
  await scene.store.commit([hq.takeCommit()])
  const before = await sums(scene)
  const { found, turn } = watch()
  await migrateLater(false)
  await expect(scene.store.commit([hill.takeCommit()])).rejects.toMatchObject({
    ...{ name: 'SchemaTooNew', retryable: false },
  })
  expect(await sums(scene)).toEqual(before)
  await expect
    .poll(async () => {
      await turn()
      return found
    })
    .toEqual([expect.stringContaining('the database is of a later release of tikmeter')])
  await expect(migrate(scene)).rejects.toMatchObject({ name: 'SchemaTooNew' })
})

test('after a migration that it does not know an operator decides nothing', async () => {
  await quarantineBurst(scene)
  const before = await sums(scene)
  await migrateLater(false)
  await expect(decide(scene, 1, 'accepted')).rejects.toMatchObject({ name: 'SchemaTooNew' })
  expect(await sums(scene)).toEqual(before)
  expect(await scene.ask('select from event_decisions')).toEqual([])
})

test('a migration that it need not know changes nothing for a daemon, which may start again', async () => {
  const [hq] = busyRouters()
  const { found, turn } = watch()
  await migrateLater(true)
  const commit = hq.takeCommit()
  expect(await scene.store.commit([commit])).toEqual(new Map([[key(hq), { kind: 'committed' }]]))
  for (let n = 0; n < 3; n++) await turn()
  expect(found).toEqual([])
  await migrate(scene)
})

test('a migration waits for a commit under way, which is whole', async () => {
  const [hq] = busyRouters()
  let isDone = false
  const migrated = await duringCommit(scene, [hq.takeCommit()], 'commit', async () => {
    const done = migrateLater(false).then(() => {
      isDone = true
    })
    await new Promise(resolve => setTimeout(resolve, 700))
    expect(isDone).toBe(false)
    return [done]
  })
  await Promise.all(migrated)
  expect(new Set(Object.values((await sums(scene))[0] ?? {})).size).toBe(1)
})

test('daemons are told before a migration that they do not know, and may commit until they have stopped', async () => {
  const [hq] = busyRouters()
  await scene.ask(`update daemons set expires_at = now() + interval '1 hour'`)
  const { found, turn } = watch()
  const migrated = migrateLater(false)
  await expect
    .poll(async () => {
      await turn()
      return found.length
    })
    .toBe(1)
  expect(await scene.store.commit([hq.takeCommit()])).toEqual(new Map([[key(hq), { kind: 'committed' }]]))
  expect(await scene.ask(`select to_regclass('later') as later`)).toEqual([{ later: null }])
  await scene.ask(`update daemons set expires_at = '-infinity'`)
  await migrated
  expect(await scene.ask(`select to_regclass('later')::text as later`)).toEqual([{ later: 'later' }])
})
