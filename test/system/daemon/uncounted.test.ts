import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { WebSocket } from 'ws'
import { tenantId } from '../../../src/accounting/ids.ts'
import { signToken } from '../../../src/auth/tokens.ts'
import { createFleet, type Fleet } from '../../harness/fleet/fleet.ts'
import { PPP_ANN } from '../../harness/fleet/opened.ts'
import { query } from '../../harness/postgres/query.ts'
import { createScratchDatabase, type ScratchDatabase } from '../../harness/postgres/scratch-database.ts'
import { tenantsConfig } from './fleet-config.ts'
import { Scene, SECRET, until } from './scene.ts'

const MENU = '/interface/pppoe-server'
const REASON = 'no such command prefix'
const TENANT = { id: 'acme', name: 'Acme WISP', timezone: 'UTC' }
const RULES = [
  { id: 'blind', on: 'session_uncounted', scope: 'user' },
  { id: 'silent', on: 'session_stalled', scope: 'user' },
]

let database: ScratchDatabase
let fleet: Fleet
let scene: Scene

beforeEach(async () => {
  database = await createScratchDatabase()
  fleet = createFleet({ seed: 3, routers: 1, hotspotSessions: 2, pppSessions: 0 })
  await fleet.start()
  const [tenant] = tenantsConfig(fleet, [TENANT], 'usage')
  scene = await Scene.create(fleet, {
    database: { url: database.url },
    stalled_after: '2s',
    tenants: [{ ...tenant, alerts: RULES }],
  })
})

afterEach(async () => {
  await scene.end()
  await fleet.stop()
  await database.drop()
})

test('a session whose server menu the router refuses shows up in status, metrics, snapshots and alerts', async () => {
  const [router] = fleet.routers
  if (!router) throw new RangeError('a fleet without a router')
  router.failNext({ menu: MENU, messages: [REASON], times: 1_000 })
  router.login(PPP_ANN)
  const daemon = await scene.startDaemon()
  const labels = `{tenant="acme",router="${router.identity}"}`
  await until('it is measured', async () => {
    const page = await fetch(`http://127.0.0.1:${daemon.port}/metrics`)
    return (await page.text()).includes(`tikmeter_router_uncounted_sessions${labels} 1\n`)
  })
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...[inject('cli'), 'status', '--json', '--config', scene.configFile],
  ])
  expect(JSON.parse(stdout).routers).toMatchObject([
    {
      ...{ router: router.identity, state: 'online', hotspot: 2, ppp: 1, uncounted: 1 },
      missing_menus: [{ menu: MENU, reason: REASON }],
    },
  ])
  await until('an alert fires', async () => (await alerts()).length > 0)
  // Nobody knows how much it moves: it is not the same as a session that moves nothing.
  expect(await alerts()).toEqual([{ rule: 'blind', kind: 'session_uncounted', subject: 'ann' }])
  const token = await signToken(
    { kind: 'tenant', tenant: tenantId('acme'), expiresAt: new Date(Date.now() + 60_000) },
    SECRET,
  )
  expect(await routersShown(daemon.port, token)).toMatchObject([
    { uncounted: 1, missing_menus: [{ menu: MENU, reason: REASON }] },
  ])
}, 60_000)

/** The routers in a client's first snapshot. */
async function routersShown(port: number, token: string): Promise<unknown> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, ['tikmeter.v1', `bearer.${token}`])
  const routers = await new Promise<unknown>((resolve, reject) => {
    socket.once('error', reject)
    socket.on('message', raw => {
      const message: { type: string; routers: unknown } = JSON.parse(String(raw))
      if (message.type === 'snapshot') resolve(message.routers)
    })
  })
  socket.close()
  await once(socket, 'close')
  return routers
}

function alerts() {
  return query(database.url, `select rule, kind, subject from alerts where subject = 'ann' order by rule`)
}
