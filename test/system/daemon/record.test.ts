import { once } from 'node:events'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { tenantId } from '../../../src/accounting/ids.ts'
import { signToken } from '../../../src/auth/tokens.ts'
import type { Snapshot } from '../../../src/live/snapshot.ts'
import { serverIdentity } from '../../harness/fleet/certificate.ts'
import { createFleet, type Fleet } from '../../harness/fleet/fleet.ts'
import { query } from '../../harness/postgres/query.ts'
import { createScratchDatabase, type ScratchDatabase } from '../../harness/postgres/scratch-database.ts'
import { compare, isEqual } from './compare.ts'
import { subscribersOf } from './fleet-config.ts'
import { Readings } from './readings.ts'
import { Scene, SECRET, TENANTS, until } from './scene.ts'

const READER = 'usage'

let database: ScratchDatabase
let fleet: Fleet
let readings: Readings
let scene: Scene

beforeEach(async () => {
  database = await createScratchDatabase()
  fleet = createFleet({ seed: 7, routers: 6, hotspotSessions: 8, pppSessions: 8, tls: serverIdentity() })
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

test('what whole replies carried is recorded to the byte, and all tables add up to it', async () => {
  const daemon = await scene.startDaemon()
  const churn = new AbortController()
  const churning = fleet.churn(churn.signal, 10)
  await until('logouts are recorded', async () => (await endedSessions()) >= 5)
  churn.abort()
  await churning
  // The next reading settles counters that fell in this one.
  await readings.more(4, READER)
  expect(await daemon.end('SIGTERM')).toBe(0)
  const comparison = await compare(database.url, subscribersOf(fleet, TENANTS))
  expect(comparison.differences).toEqual([])
  expect(isEqual(comparison)).toBe(true)
  expect(comparison.recorded.download).toBeGreaterThan(0n)
})

test("an admin's client sees every tenant, a tenant's client only that tenant", async () => {
  const daemon = await scene.startDaemon()
  const expiresAt = new Date(Date.now() + 60_000)
  const admin = await signToken({ kind: 'admin', expiresAt }, SECRET)
  const own = await signToken({ kind: 'tenant', tenant: tenantId('acme'), expiresAt }, SECRET)
  expect(await tenantsSeen(daemon.port, admin, 2)).toEqual(new Set(['acme', 'hilltop']))
  expect(await tenantsSeen(daemon.port, own, 2)).toEqual(new Set(['acme']))
})

/** The tenants of a client's first snapshots. */
async function tenantsSeen(port: number, token: string, snapshots: number): Promise<ReadonlySet<string>> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, ['tikmeter.v1', `bearer.${token}`])
  const seen: string[] = []
  const isEnough = new Promise<void>(resolve => {
    socket.on('message', raw => {
      const message: { type: string; tenant: Snapshot['tenant'] } = JSON.parse(String(raw))
      if (message.type === 'snapshot') seen.push(message.tenant)
      if (seen.length === snapshots) resolve()
    })
  })
  await isEnough
  socket.close()
  await once(socket, 'close')
  return new Set(seen)
}

async function endedSessions(): Promise<number> {
  const [row] = await query<{ n: number }>(
    database.url,
    "select count(*)::int as n from user_sessions where status = 'ended'",
  )
  return row?.n ?? 0
}
