import { chmod } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createFleet, type Fleet } from '../../harness/fleet/fleet.ts'
import { HAS_PGBOUNCER, PgBouncer } from '../../harness/postgres/pgbouncer.ts'
import { query } from '../../harness/postgres/query.ts'
import { createEmptyDatabase, type ScratchDatabase } from '../../harness/postgres/scratch-database.ts'
import { runCommand } from '../faults/command.ts'
import { compare, isEqual } from './compare.ts'
import { subscribersOf } from './fleet-config.ts'
import { Readings } from './readings.ts'
import { Scene, TENANTS } from './scene.ts'

/** An installation: a daemon, its routers and its schema. */
interface Site {
  readonly schema: string
  readonly fleet: Fleet
  readonly readings: Readings
  readonly scene: Scene
}

const SCHEMAS = ['first', 'second']
const READER = 'usage'
const WITHIN_MS = 120_000

let database: ScratchDatabase
let bouncer: PgBouncer | undefined
let sites: Site[]
beforeEach(async () => {
  database = await createEmptyDatabase()
  sites = []
})
afterEach(async () => {
  for (const { readings, scene, fleet } of sites) {
    readings.stop()
    await scene.end()
    await fleet.stop()
  }
  await bouncer?.stop()
  bouncer = undefined
  await database.drop()
})

async function addSite(schema: string, url: string): Promise<void> {
  const fleet = createFleet({ seed: schema.length, routers: 3, hotspotSessions: 5, pppSessions: 5 })
  await fleet.start()
  const readings = new Readings(fleet)
  readings.start()
  const scene = await Scene.create(fleet, { database: { url, schema } })
  // A secret that all can read would be a warning.
  await chmod(scene.configFile, 0o600)
  sites.push({ schema, fleet, readings, scene })
}

/** The same tenants, with the same names of routers, are counted apart. */
async function countApart(url: string): Promise<void> {
  for (const schema of SCHEMAS) await addSite(schema, url)
  const churn = new AbortController()
  const churning = sites.map(({ fleet }) => fleet.churn(churn.signal, 10))
  const daemons = await Promise.all(sites.map(({ scene }) => scene.startDaemon()))
  for (const { scene } of sites)
    for (const by of ['user', 'session']) {
      const argv = ['usage', '--config', scene.configFile, '--by', by]
      const { code, stderr } = await runCommand(argv, { folder: scene.folder })
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    }
  for (const { readings } of sites) await readings.more(3, READER)
  churn.abort()
  await Promise.all(churning)
  // The next reading settles counters that fell in this one.
  for (const { readings } of sites) await readings.more(4, READER)
  for (const daemon of daemons) expect(await daemon.end('SIGTERM')).toBe(0)
  for (const { schema, fleet, scene } of sites) {
    const inSchema = `${database.url}?options=${encodeURIComponent(`-c search_path=${schema}`)}`
    const comparison = await compare(inSchema, subscribersOf(fleet, TENANTS))
    expect(comparison.differences).toEqual([])
    expect(isEqual(comparison)).toBe(true)
    expect(comparison.recorded.download).toBeGreaterThan(0n)
    for (const level of [40, 50, 60]) expect(scene.logged(`"level":${level}`)).toEqual([])
  }
  const others = `select table_schema from information_schema.tables
    where table_schema not in ('pg_catalog', 'information_schema', 'first', 'second')`
  expect(await query(database.url, others)).toEqual([])
}

test('two installations share a database, each in a schema of its own', { timeout: WITHIN_MS }, () =>
  countApart(database.url),
)

describe.skipIf(!HAS_PGBOUNCER)('through PgBouncer in transaction mode', () => {
  test('two installations share a database too', { timeout: WITHIN_MS }, async () => {
    bouncer = await PgBouncer.start(database.url)
    await countApart(bouncer.through(database.url))
  })
})
