import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { descriptorLimit } from '../../../src/runtime/descriptors.ts'
import { createFleet, type Fleet } from '../../harness/fleet/fleet.ts'
import { createScratchDatabase, type ScratchDatabase } from '../../harness/postgres/scratch-database.ts'
import { compare, isEqual } from './compare.ts'
import type { DaemonProcess } from './daemon-process.ts'
import { subscribersOf } from './fleet-config.ts'
import { limitDescriptors } from './limit-descriptors.ts'
import { Readings } from './readings.ts'
import { Scene, TENANTS, until } from './scene.ts'

const READER = 'usage'
/** More than it has open without clients. */
const FEW = 100
const NONE_LEFT = 'no file descriptor is left'
const LEFT_AGAIN = 'file descriptors are left again'
const ADVICE = /LimitNOFILE= in the unit, or ulimit -n/

let database: ScratchDatabase
let fleet: Fleet
let readings: Readings
let scene: Scene

beforeEach(async () => {
  database = await createScratchDatabase()
  fleet = createFleet({ seed: 17, routers: 3, hotspotSessions: 5, pppSessions: 5 })
  await fleet.start()
  readings = new Readings(fleet)
  readings.start()
  // Further failures of a router are logged as `debug`.
  scene = await Scene.create(fleet, { database: { url: database.url }, log: { level: 'debug' } })
})

afterEach(async () => {
  readings.stop()
  await scene.end()
  await fleet.stop()
  await database.drop()
})

test('without a file descriptor the daemon reads on over the connections it has, says what to do, and recovers', async () => {
  const daemon = await scene.startDaemon()
  await readings.more(2, READER)
  const [cut, untouched] = fleet.routers
  if (!cut || !untouched) throw new Error('the fleet has routers')
  await limitDescriptors(daemon.pid, 1)
  await cut.drop('rst')
  await writeFile(scene.configFile, `${readFileSync(scene.configFile, 'utf8')}# changed\n`)

  await until('it says so', () => scene.logged(NONE_LEFT).length > 0)
  expect(scene.logged(NONE_LEFT)[0]).toMatch(ADVICE)
  for (const words of ['poll failed', 'config not loaded yet'])
    await until(`it says: ${words}`, () => scene.logged(words).some(line => ADVICE.test(line)))
  const before = readings.countOf(untouched)
  await until('the others are read', () => readings.countOf(untouched) >= before + 4)
  expect(scene.logged('config reloaded')).toEqual([])

  await limitDescriptors(daemon.pid, descriptorLimit())
  await until('it says that it is over', () => scene.logged(LEFT_AGAIN).length > 0)
  await until('the config is loaded', () => scene.logged('config reloaded').length > 0)
  await readings.more(3, READER)
  expect(scene.logged(NONE_LEFT)).toHaveLength(1)
  await endExact(daemon)
})

test('clients that take all file descriptors are reported, and served again when the others have gone', async () => {
  const daemon = await scene.startDaemon()
  await readings.more(2, READER)
  await limitDescriptors(daemon.pid, FEW)
  const clients = Array.from({ length: 2 * FEW }, () => idle(daemon.port))
  await until('it says so', () => scene.logged(NONE_LEFT).length > 0)
  expect(scene.logged(NONE_LEFT)[0]).toMatch(ADVICE)
  await readings.more(2, READER)
  for (const client of clients) client.destroy()
  await until('it says that it is over', () => scene.logged(LEFT_AGAIN).length > 0)
  const answer = await fetch(`http://127.0.0.1:${daemon.port}/readyz`)
  expect([answer.status, scene.logged(NONE_LEFT).length]).toEqual([200, 1])
  await limitDescriptors(daemon.pid, descriptorLimit())
  await endExact(daemon)
})

/** A client that connects and says nothing. */
function idle(port: number): Socket {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {}) // It was closed at once.
  return socket
}

async function endExact(daemon: DaemonProcess): Promise<void> {
  expect(await daemon.end('SIGTERM')).toBe(0)
  const comparison = await compare(database.url, subscribersOf(fleet, TENANTS))
  expect(comparison.differences).toEqual([])
  expect(isEqual(comparison)).toBe(true)
}
