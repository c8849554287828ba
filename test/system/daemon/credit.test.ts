import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import * as z from 'zod'
import { signToken } from '../../../src/auth/tokens.ts'
import { createFleet, type Fleet } from '../../harness/fleet/fleet.ts'
import { utf8 } from '../../harness/fleet/name.ts'
import { query } from '../../harness/postgres/query.ts'
import { createScratchDatabase, type ScratchDatabase } from '../../harness/postgres/scratch-database.ts'
import { compare, isEqual } from './compare.ts'
import type { DaemonProcess } from './daemon-process.ts'
import { subscribersOf, tenantsConfig } from './fleet-config.ts'
import { Readings } from './readings.ts'
import { Scene, SECRET, TENANTS, until } from './scene.ts'

/** More than any link carries in the second between two readings, and far from any other number here. */
const BURST = 40_000_000_000
const BURST_AFTER_MS = 3_000
const STATS = z.object({ data: z.object({ bytes: z.record(z.string(), z.object({ used: z.int() })) }) })

let database: ScratchDatabase
let fleet: Fleet
let readings: Readings
let scenes: Scene[]

beforeEach(async () => {
  database = await createScratchDatabase()
  scenes = []
  fleet = createFleet({
    ...{ seed: 11, routers: 2, hotspotSessions: 2, pppSessions: 2 },
    router: {
      packages: ['hotspot', 'ppp'],
      users: ['ann', 'bob'].map(name => ({ name, password: 'secret', policy: ['read', 'api'] }) as const),
    },
  })
  await fleet.start()
  readings = new Readings(fleet)
  readings.start()
})

afterEach(async () => {
  readings.stop()
  for (const scene of scenes) await scene.end()
  await fleet.stop()
  await database.drop()
})

test('an accepted burst is counted once, on a session that continues, by daemons that run, start or take over', async () => {
  const [a, b] = [await newScene('ann'), await newScene('bob')]
  const first = await a.startDaemon()
  await readings.more(1, 'ann')
  const second = await b.startDaemon()
  logInWithBurst()
  const event = await quarantined()
  expect(await liveUsed(first)).toBeLessThan(BURST)

  expect(await tikmeter(a, ['credit', 'accept', event, '--reason', 'a backup', '--by', 'ann'])).toMatchObject(
    {
      code: 0,
      stdout: expect.stringMatching(
        /^ok: event \d+ is accepted: .*, 37\.25 GB down added to burst of acme, on /,
      ),
    },
  )
  for (const daemon of [first, second])
    await until('it is in the live numbers', async () => (await liveUsed(daemon)) >= BURST)
  // Its session is committed several times more.
  await readings.more(4, 'ann')
  for (const daemon of [first, second]) expect(await liveUsed(daemon)).toBeLessThan(2 * BURST)
  expect(await tikmeter(b, ['credit', 'reject', event, '--reason', 'no'])).toEqual({
    ...{ code: 1, stdout: '' },
    stderr: expect.stringMatching(/^error: event \d+ was accepted by ann at \d{4}-.*Z, which stands\n$/),
  })

  await first.end('SIGKILL')
  await readings.more(2, 'bob')
  const third = await a.startDaemon()
  for (const daemon of [second, third])
    await until('it is counted once', async () => isOnce(await liveUsed(daemon)))
  expect(await second.end('SIGTERM')).toBe(0)
  await readings.more(3, 'ann')
  expect(isOnce(await liveUsed(third))).toBe(true)
  expect(await third.end('SIGTERM')).toBe(0)
  const comparison = await compare(database.url, subscribersOf(fleet, TENANTS))
  expect(comparison.differences).toEqual([])
  expect(isEqual(comparison)).toBe(true)
  expect(comparison.recorded.download).toBeGreaterThan(BigInt(BURST))
}, 90_000)

async function newScene(username: string): Promise<Scene> {
  const tenants = tenantsConfig(fleet, TENANTS, username)
  const scene = await Scene.create(fleet, {
    // The other one stands by.
    daemon: { share: username === 'ann' ? 1 : 0 },
    ...{ database: { url: database.url }, tenants, lease: { duration: '3s' } },
  })
  scenes.push(scene)
  return scene
}

/** Logs in a session on acme's router that moves a little all the time and bursts once. */
function logInWithBurst(): void {
  fleet.routers[0]?.login({
    protocol: 'pppoe',
    name: utf8('burst'),
    address: '10.99.0.1',
    callerId: '02:99:00:00:00:01',
    traffic: {
      bytesAt: elapsedMs => ({
        upload: Math.floor(elapsedMs / 10),
        download: Math.floor(elapsedMs) + (elapsedMs > BURST_AFTER_MS ? BURST : 0),
      }),
    },
  })
}

/** @returns the id of the event that reports the burst */
async function quarantined(): Promise<string> {
  const ask = () =>
    query<{ id: string }>(
      database.url,
      `select id from ledger_events where kind = 'quarantine' and detail ->> 'username' = 'burst'`,
    )
  await until('the burst is quarantined', async () => (await ask()).length > 0)
  const [event, ...more] = await ask()
  expect(more).toEqual([])
  return event?.id ?? ''
}

/** acme's total usage in a daemon’s live numbers. */
async function liveUsed({ port }: DaemonProcess): Promise<number> {
  const token = await signToken({ kind: 'admin', expiresAt: new Date(Date.now() + 60_000) }, SECRET)
  const answer = await fetch(`http://127.0.0.1:${port}/api/dashboard/stats?tenant=acme`, {
    headers: { authorization: `Bearer ${token}` },
  })
  const { bytes } = STATS.parse(await answer.json()).data
  return bytes['total']?.used ?? -1
}

function isOnce(bytes: number): boolean {
  return bytes >= BURST && bytes < 2 * BURST
}

/** Runs a command in the daemon's folder, as the user wheel did through sudo. */
async function tikmeter({ folder, configFile }: Scene, argv: readonly string[]) {
  const env = { PATH: process.env['PATH'], SUDO_USER: 'wheel' }
  const options = { cwd: folder, env, timeout: 20_000 }
  const given = [inject('cli'), ...argv, '--config', configFile]
  try {
    return { code: 0, ...(await promisify(execFile)(process.execPath, given, options)) }
  } catch (error) {
    const failed = z.object({ code: z.int(), stdout: z.string(), stderr: z.string() })
    return failed.parse(error)
  }
}
