import { chmod } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createFleet, type Fleet } from '../../harness/fleet/fleet.ts'
import { HAS_PGBOUNCER, PgBouncer } from '../../harness/postgres/pgbouncer.ts'
import { createEmptyDatabase, type ScratchDatabase } from '../../harness/postgres/scratch-database.ts'
import { runCommand } from '../faults/command.ts'
import { compare, isEqual } from './compare.ts'
import { subscribersOf } from './fleet-config.ts'
import { Readings } from './readings.ts'
import { Scene, TENANTS } from './scene.ts'

const READER = 'usage'
/** Three starts, and nine commands. */
const WITHIN_MS = 120_000

describe.skipIf(!HAS_PGBOUNCER)('through PgBouncer in transaction mode', () => {
  let database: ScratchDatabase
  let bouncer: PgBouncer
  let fleet: Fleet
  let readings: Readings
  let scene: Scene

  beforeEach(async () => {
    database = await createEmptyDatabase()
    bouncer = await PgBouncer.start(database.url)
    fleet = createFleet({ seed: 8, routers: 4, hotspotSessions: 6, pppSessions: 6 })
    await fleet.start()
    readings = new Readings(fleet)
    readings.start()
    scene = await Scene.create(fleet, { database: { url: bouncer.through(database.url) } })
    // A secret that all can read would be a warning.
    await chmod(scene.configFile, 0o600)
  })

  afterEach(async () => {
    readings.stop()
    await scene.end()
    await fleet.stop()
    await bouncer.stop()
    await database.drop()
  })

  test('a daemon starts, stops and starts again, while somebody asks for usage, and every byte is recorded', {
    timeout: WITHIN_MS,
  }, async () => {
    const churn = new AbortController()
    const churning = fleet.churn(churn.signal, 10)
    for (let start = 0; start < 3; start++) {
      const daemon = await scene.startDaemon()
      for (const by of ['day', 'session', 'user']) {
        const argv = ['usage', '--config', scene.configFile, '--by', by]
        const { code, stderr } = await runCommand(argv, { folder: scene.folder })
        expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      }
      await readings.more(3, READER)
      if (start === 2) {
        churn.abort()
        await churning
        // The next reading settles counters that fell in this one.
        await readings.more(4, READER)
      }
      expect(await daemon.end('SIGTERM')).toBe(0)
    }
    const comparison = await compare(database.url, subscribersOf(fleet, TENANTS))
    expect(comparison.differences).toEqual([])
    expect(isEqual(comparison)).toBe(true)
    expect(comparison.recorded.download).toBeGreaterThan(0n)
    for (const level of [40, 50, 60]) expect(scene.logged(`"level":${level}`)).toEqual([])
  })
})
