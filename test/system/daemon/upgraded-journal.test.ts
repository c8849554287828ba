import { cp, mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FORMATS } from '../../../src/journal/format/format.ts'
import { createFleet, type Fleet } from '../../harness/fleet/fleet.ts'
import { createScratchDatabase, type ScratchDatabase } from '../../harness/postgres/scratch-database.ts'
import { LEFT_FLEET, type LeftTables, tablesOf } from '../../journal/left/tables.ts'
import { Scene } from './scene.ts'

const LEFT = fileURLToPath(new URL('../../journal/left/', import.meta.url))

let database: ScratchDatabase
let fleet: Fleet
let scene: Scene

beforeEach(async () => {
  database = await createScratchDatabase()
  // Its routers are stopped below, so that they do not answer the daemon.
  fleet = createFleet(LEFT_FLEET)
  await fleet.start()
  scene = await Scene.create(fleet, { database: { url: database.url } })
  await fleet.stop()
})

afterEach(async () => {
  await scene.end()
  await database.drop()
})

test('there is a journal in each format that can be read', async () => {
  const left = (await readdir(LEFT)).filter(name => /^v\d+$/.test(name))
  expect(left.sort()).toEqual(FORMATS.map(format => `v${format}`))
})

describe('a journal left by kill -9 is recorded as the release that wrote it would have recorded it', () => {
  test.each(FORMATS)(
    'format %i',
    async format => {
      const from = join(LEFT, `v${format}`)
      await mkdir(join(scene.folder, 'journal'), { recursive: true })
      const segments = (await readdir(from)).filter(name => name.endsWith('.log'))
      for (const name of segments) await cp(join(from, name), join(scene.folder, 'journal', name))
      const daemon = await scene.startDaemon()
      expect(await daemon.end('SIGTERM')).toBe(0)
      const expected: LeftTables = JSON.parse(await readFile(join(from, 'tables.json'), 'utf8'))
      expect(expected.sessions.length).toBeGreaterThan(10)
      expect(JSON.parse(JSON.stringify(await tablesOf(database.url)))).toEqual(expected)
    },
    60_000,
  )
})
