import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { signToken } from '../../../src/auth/tokens.ts'
import { createFleet, type Fleet } from '../../harness/fleet/fleet.ts'
import { HAS_NATS, NatsServer } from '../../harness/nats-server.ts'
import { createScratchDatabase, type ScratchDatabase } from '../../harness/postgres/scratch-database.ts'
import type { DaemonProcess } from './daemon-process.ts'
import { tenantsConfig } from './fleet-config.ts'
import { Readings } from './readings.ts'
import { Scene, SECRET, TENANTS, until } from './scene.ts'

const SESSIONS = 5

let database: ScratchDatabase
let fleet: Fleet
let readings: Readings
let nats: NatsServer
const scenes: Scene[] = []

async function start(username: string): Promise<DaemonProcess> {
  const scene = await Scene.create(fleet, {
    database: { url: database.url },
    tenants: tenantsConfig(fleet, TENANTS, username),
    bus: { url: nats.url },
    // What the tables have is far behind.
    commit: { interval: '60s' },
  })
  scenes.push(scene)
  return scene.startDaemon()
}

interface Stats {
  readonly active_sessions: number
  readonly hotspot_users: number
  readonly online_routers: number
  readonly bytes: { readonly total: { readonly used: number } }
}

async function stats({ port }: DaemonProcess): Promise<Stats> {
  const grant = { kind: 'admin', expiresAt: new Date(Date.now() + 60_000) } as const
  const answer = await fetch(`http://127.0.0.1:${port}/api/system/dashboard/stats`, {
    headers: { authorization: `Bearer ${await signToken(grant, SECRET)}` },
  })
  const { data } = (await answer.json()) as { data: { totals?: Stats } & Stats }
  return data.totals ?? data
}

async function readiness({ port }: DaemonProcess): Promise<unknown> {
  const answer = await fetch(`http://127.0.0.1:${port}/readyz`)
  return { code: answer.status, ...((await answer.json()) as object) }
}

describe.skipIf(!HAS_NATS)('two daemons on one bus', () => {
  beforeEach(async () => {
    database = await createScratchDatabase()
    const users = ['ann', 'bob'].map(name => ({ name, password: 'secret', policy: ['read', 'api'] }) as const)
    fleet = createFleet({
      ...{ seed: 7, routers: 8, hotspotSessions: SESSIONS, pppSessions: SESSIONS },
      router: { packages: ['hotspot', 'ppp'], users },
    })
    await fleet.start()
    readings = new Readings(fleet)
    readings.start()
    nats = await NatsServer.start()
  })

  afterEach(async () => {
    readings.stop()
    for (const scene of scenes.splice(0)) await scene.end()
    await nats.kill()
    await fleet.stop()
    await database.drop()
  })

  it('both show all routers live, and go on without the bus', async () => {
    const daemons = [await start('ann'), await start('bob')] as const
    const readers = () => new Set(fleet.routers.map(router => readings.last(router)?.reader))
    await until('both read some routers', () => readers().has('ann') && readers().has('bob'))
    const everybody = fleet.routers.reduce(
      (sum, { sessions }) => sum + [...sessions.hotspot()].length + [...sessions.ppp()].length,
      0,
    )
    for (const daemon of daemons)
      await until('it shows all sessions', async () => {
        const { active_sessions, online_routers } = await stats(daemon)
        return active_sessions === everybody && online_routers === fleet.routers.length
      })
    // Each shows within two seconds what the other one has read.
    for (const [one, other] of [daemons, daemons.toReversed()]) {
      if (!one || !other) continue
      const before = (await stats(one)).bytes.total.used
      const sinceMs = performance.now()
      await until('the other has it', async () => (await stats(other)).bytes.total.used >= before)
      expect(performance.now() - sinceMs).toBeLessThan(3_000)
    }

    await nats.kill()
    await until('both know', async () =>
      (await Promise.all(daemons.map(readiness))).every(it => (it as { bus: string }).bus === 'down'),
    )
    expect(await readiness(daemons[0])).toMatchObject({ code: 200, status: 'ready', bus: 'down' })
    await until(
      'it shows all of the tables',
      async () => (await stats(daemons[0])).online_routers === fleet.routers.length,
    )
    await nats.start()
    await until('both are back', async () =>
      (await Promise.all(daemons.map(readiness))).every(it => (it as { bus: string }).bus === 'up'),
    )
    for (const daemon of daemons)
      await until('it shows all again', async () => (await stats(daemon)).active_sessions === everybody)
    for (const daemon of daemons) expect(await daemon.end('SIGTERM')).toBe(0)
  }, 90_000)
})
