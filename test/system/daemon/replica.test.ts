import { afterEach, expect, inject, test } from 'vitest'
import { signToken } from '../../../src/auth/tokens.ts'
import { createFleet, type Fleet } from '../../harness/fleet/fleet.ts'
import { query } from '../../harness/postgres/query.ts'
import { ScratchServer } from '../../harness/postgres/scratch-server.ts'
import type { DaemonProcess } from './daemon-process.ts'
import { Scene, SECRET, until } from './scene.ts'

const servers: ScratchServer[] = []
let fleet: Fleet
let scene: Scene

afterEach(async () => {
  await scene.end()
  await fleet.stop()
  for (const server of servers.splice(0).reverse()) await server.end()
})

async function asked({ port }: DaemonProcess, path: string): Promise<Response> {
  const grant = { kind: 'admin', expiresAt: new Date(Date.now() + 60_000) } as const
  return fetch(`http://127.0.0.1:${port}${path}`, {
    headers: { authorization: `Bearer ${await signToken(grant, SECRET)}` },
  })
}

async function lagOf(daemon: DaemonProcess): Promise<number | null> {
  const ready = (await (await asked(daemon, '/readyz')).json()) as { replica_lag_seconds: number | null }
  return ready.replica_lag_seconds
}

async function usedIn(url: string): Promise<number> {
  const [row] = await query<{ used: number }>(
    url,
    'select coalesce(sum(upload + download), 0)::float as used from tenant_usage_daily',
  )
  return row?.used ?? 0
}

test('a daemon with a replica counts on while it replays nothing, and says how old its answers are', async () => {
  const primary = await ScratchServer.create(inject('freshCluster'))
  servers.push(primary)
  const url = await primary.start()
  const standby = await primary.standby()
  servers.push(standby.server)
  fleet = createFleet({ seed: 3, routers: 2, hotspotSessions: 3, pppSessions: 3 })
  await fleet.start()
  scene = await Scene.create(fleet, { database: { url, read_url: standby.url }, lease: { duration: '3s' } })
  const daemon = await scene.startDaemon()
  await until('the replica has everything', async () => (await lagOf(daemon)) === 0)
  await query(standby.url, 'select pg_wal_replay_pause()')
  const before = await usedIn(standby.url)
  const sent = (await usedIn(url)) - before
  await until('more is counted', async () => (await usedIn(url)) - before > sent)
  await until('the lag is seen', async () => ((await lagOf(daemon)) ?? 0) > 1)
  const answer = await asked(daemon, '/api/usage?tenant=acme&by=day')
  expect(answer.status).toBe(200)
  expect(Number(answer.headers.get('tikmeter-replica-lag'))).toBeGreaterThan(1)
  expect(await usedIn(standby.url)).toBe(before)
  await query(standby.url, 'select pg_wal_replay_resume()')
  await until('the replica has caught up', async () => (await lagOf(daemon)) === 0)
  expect(await daemon.end('SIGTERM')).toBe(0)
})
