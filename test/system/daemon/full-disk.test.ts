import { once } from 'node:events'
import { afterEach, beforeEach, expect, type TestContext, test } from 'vitest'
import { WebSocket } from 'ws'
import { signToken } from '../../../src/auth/tokens.ts'
import type { ServerMessage } from '../../../src/feed/feed-messages.ts'
import { createFleet, type Fleet } from '../../harness/fleet/fleet.ts'
import { query } from '../../harness/postgres/query.ts'
import { compare, isEqual } from './compare.ts'
import { endedSessions } from './ended-sessions.ts'
import { subscribersOf } from './fleet-config.ts'
import { OuterPostgres } from './outer-postgres.ts'
import { Readings } from './readings.ts'
import { Scene, SECRET, TENANTS, until } from './scene.ts'
import { SmallDisk } from './small-disk.ts'

const READER = 'usage'
const FAILED = 'the journal cannot be written'
const WRITTEN_AGAIN = 'the journal is written again'

let postgres: OuterPostgres
let fleet: Fleet
let readings: Readings
let scene: Scene
let disk: SmallDisk | string

beforeEach(async () => {
  disk = await SmallDisk.mount()
  postgres = await OuterPostgres.create()
  fleet = createFleet({
    ...{ seed: 41, routers: 6, hotspotSessions: 6, pppSessions: 6 },
    router: { packages: ['hotspot', 'ppp'] },
  })
  await fleet.start()
  readings = new Readings(fleet)
  readings.start()
  const journal = typeof disk === 'string' ? {} : { journal: { directory: disk.folder } }
  scene = await Scene.create(fleet, { database: { url: postgres.url }, ...journal })
})

afterEach(async () => {
  readings.stop()
  try {
    await scene.end()
  } finally {
    if (typeof disk !== 'string') await disk.unmount()
  }
  await fleet.stop()
  await postgres.end()
})

test('a full journal disk stops no reading, no commit and no snapshot', async context => {
  const disk = diskOrSkip(context)
  const daemon = await scene.startDaemon()
  await readings.more(2, READER)
  await disk.fill()
  await until('the journal fails', () => scene.logged(FAILED).length > 0)
  const [committed, shown] = [await lowestPosition(), await shownBytes(daemon.port)]
  await readings.more(3, READER)
  await logOutSome()
  await until('commits go on', async () => (await lowestPosition()) > committed + 5)
  await until('snapshots go on', async () => (await shownBytes(daemon.port)) > shown)
  await disk.free()
  await until('it is written', isWrittenAgain)
  // The journal frees space by what is committed, and may have filled it again.
  console.log(`failed ${scene.logged(FAILED).length} times on the full disk`)
  await readings.more(2, READER)
  expect(isWrittenAgain()).toBe(true)
  expect(await daemon.end('SIGTERM')).toBe(0)
  await expectExact()
}, 90_000)

test('a full disk is reported once, and what was read meanwhile outlives the daemon once there is room again', async context => {
  const disk = diskOrSkip(context)
  const first = await scene.startDaemon()
  await until('every router is committed', async () => (await lowestPosition()) > 3)
  await postgres.kill()
  await disk.fill()
  await until('the journal fails', () => scene.logged(FAILED).length > 0)
  await readings.more(3, READER)
  await logOutSome()
  const [failure, ...more] = scene.logged(FAILED)
  expect(JSON.parse(failure ?? '{}')).toMatchObject({
    advice: 'make room on its disk',
    directory: disk.folder,
  })
  expect([...more, ...scene.logged(WRITTEN_AGAIN)]).toEqual([])
  await disk.free()
  await until('it is written again', isWrittenAgain)
  await first.end('SIGKILL')
  await postgres.comeBack()
  const second = await scene.startDaemon()
  await readings.more(2, READER)
  expect(await second.end('SIGTERM')).toBe(0)
  await expectExact()
}, 90_000)

test('a daemon that was killed starts again on a full disk, and no other one beside it', async context => {
  const disk = diskOrSkip(context)
  const first = await scene.startDaemon()
  await readings.more(2, READER)
  await first.end('SIGKILL')
  await disk.fill()
  const second = await scene.startDaemon()
  await expect(scene.startDaemon()).rejects.toThrow(`is the journal of process ${second.pid}`)
  await readings.more(2, READER)
  await logOutSome()
  await disk.free()
  await until('it is written again', isWrittenAgain)
  expect(await second.end('SIGTERM')).toBe(0)
  await expectExact()
}, 90_000)

/** Whether the journal is written again after the last failure. */
function isWrittenAgain(): boolean {
  return scene.logged(WRITTEN_AGAIN).length === scene.logged(FAILED).length
}

function diskOrSkip({ skip }: TestContext): SmallDisk {
  return typeof disk === 'string' ? skip(disk) : disk
}

/** Logs out two sessions of each service on each router, and waits until their end is read. */
async function logOutSome(): Promise<void> {
  for (const router of fleet.routers)
    for (const sessions of [[...router.sessions.hotspot()], [...router.sessions.ppp()]])
      for (const session of sessions.slice(0, 2)) router.logout(session)
  await readings.more(3, READER)
}

/** The number of commits of the router with the fewest. */
async function lowestPosition(): Promise<number> {
  const [row] = await query<{ n: string }>(postgres.url, 'select min(position) as n from routers')
  return Number(row?.n ?? 0)
}

/** All bytes of the first tenant, from the first snapshot of it. */
async function shownBytes(port: number): Promise<number> {
  const token = await signToken({ kind: 'admin', expiresAt: new Date(Date.now() + 60_000) }, SECRET)
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, ['tikmeter.v1', `bearer.${token}`])
  const used = await new Promise<number>((resolve, reject) => {
    socket.once('error', reject)
    socket.on('message', raw => {
      const message: ServerMessage = JSON.parse(String(raw))
      if (message.type === 'snapshot' && message.tenant === TENANTS[0]?.id)
        resolve(message.stats.bytes.total.used)
    })
  })
  socket.close()
  await once(socket, 'close')
  return used
}

async function expectExact(): Promise<void> {
  const { recorded, expected } = await endedSessions(postgres.url, fleet)
  expect(recorded).toEqual(expected)
  const comparison = await compare(postgres.url, subscribersOf(fleet, TENANTS))
  expect(comparison.differences).toEqual([])
  expect(isEqual(comparison)).toBe(true)
  expect(comparison.recorded.download).toBeGreaterThan(0n)
}
