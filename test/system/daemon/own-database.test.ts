import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { signToken } from '../../../src/auth/tokens.ts'
import { EmbeddedPostgres } from '../../../src/postgres/embedded.ts'
import { findRunning } from '../../../src/postgres/find-running.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { createLogger } from '../../../src/runtime/logger.ts'
import { createFleet, type Fleet } from '../../harness/fleet/fleet.ts'
import { query } from '../../harness/postgres/query.ts'
import { type Comparison, compare, isEqual } from './compare.ts'
import { subscribersOf } from './fleet-config.ts'
import { Scene, SECRET, TENANTS, until } from './scene.ts'

let fleet: Fleet
let scene: Scene

beforeEach(async () => {
  fleet = createFleet({ seed: 11, routers: 4, hotspotSessions: 6, pppSessions: 6 })
  await fleet.start()
  scene = await Scene.create(fleet, {})
})

afterEach(async () => {
  await scene.end()
  await fleet.stop()
})

test('an embedded PostgreSQL that is killed comes back, and so does a killed daemon: nothing is lost', async () => {
  const first = await scene.startDaemon()
  await until('something is committed', () => feedTotal(first.port))
  const killed = postmasterPid()
  process.kill(killed, 'SIGKILL')
  await until('it is started again', () => Number.isInteger(postmasterPid()) && postmasterPid() !== killed)
  await until('every router is committed', async () => (await committedRouters()) === fleet.routers.length)
  const pid = postmasterPid()
  await first.end('SIGKILL')
  const second = await scene.startDaemon()
  expect(postmasterPid()).toBe(pid)
  await until('it counts on', () => feedTotal(second.port))

  const socket = new WebSocket(`ws://127.0.0.1:${second.port}/ws`, [
    'tikmeter.v1',
    `bearer.${await adminToken()}`,
  ])
  await once(socket, 'open')
  const closed = once(socket, 'close')
  const startedMs = performance.now()
  expect(await second.end('SIGTERM')).toBe(0)
  expect(performance.now() - startedMs).toBeLessThan(10_000)
  const [code] = await closed
  expect(code).toBe(1001)
  const comparison = await compareStopped()
  expect(comparison.differences).toEqual([])
  expect(isEqual(comparison)).toBe(true)
}, 60_000)

async function compareStopped(): Promise<Comparison> {
  const postgres = new EmbeddedPostgres({
    directory: join(scene.folder, 'postgres'),
    log: createLogger('silent'),
    clock: systemClock,
  })
  const { url } = await postgres.start()
  try {
    return await compare(url, subscribersOf(fleet, TENANTS))
  } finally {
    await postgres.stop()
  }
}

/** Whether the daemon has counted anything, according to its stats over all tenants. */
async function feedTotal(port: number): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${port}/api/system/dashboard/stats`, {
    headers: { authorization: `Bearer ${await adminToken()}` },
  })
  return /"total":\{"upload":[1-9]/.test(await answer.text())
}

async function committedRouters(): Promise<number> {
  const url = await findRunning(join(scene.folder, 'postgres'))
  if (url === undefined) return 0
  // The server may still be starting up.
  const rows = await query<{ id: string }>(url, 'select id from routers where position > 1').catch(() => [])
  return rows.length
}

function adminToken(): Promise<string> {
  return signToken({ kind: 'admin', expiresAt: new Date(Date.now() + 600_000) }, SECRET)
}

/** The server's process id; NaN while it is being started. */
function postmasterPid(): number {
  try {
    return Number(
      readFileSync(join(scene.folder, 'postgres', 'data', 'postmaster.pid'), 'utf8').split('\n')[0],
    )
  } catch {
    return Number.NaN
  }
}
