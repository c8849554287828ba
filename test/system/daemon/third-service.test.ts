import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import * as z from 'zod'
import { signToken } from '../../../src/auth/tokens.ts'
import { createFleet } from '../../harness/fleet/fleet.ts'
import { query } from '../../harness/postgres/query.ts'
import { createScratchDatabase } from '../../harness/postgres/scratch-database.ts'
import { type MenuPeer, type MenuRow, startMenuPeer } from '../../routeros/wire/menu-peer.ts'
import { buildWithRegistered } from './built.ts'
import type { DaemonProcess } from './daemon-process.ts'
import { Scene, SECRET, until } from './scene.ts'

/*
 * A service that this release does not have, end to end: bypassed hosts, in a folder of their own. The daemon is built
 * with another `src/services/registered.ts`, which lists them, and all else is as it is.
 */
const HOSTS = '/ip/hotspot/host'
const TV = '02:00:00:00:00:01'
const PRINTER = '02:00:00:00:00:02'
const BODY = z.record(z.string(), z.unknown())
const COUNTED_BY_FIRST = { [PRINTER]: 3_000_030, [TV]: 1_000_010 }

let folder: string
let program: readonly string[]
let url: string
let router: MenuPeer
let scene: Scene
/** Upload of each host that is there, and ten times as much download. */
let online: Map<string, number>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tikmeter-third-'))
  program = [await buildWithRegistered(join(import.meta.dirname, '../third-service/registered.ts'), folder)]
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** The daemon's folder and its database, and a router that no daemon has read yet. */
async function begin(): Promise<void> {
  const database = await createScratchDatabase()
  onTestFinished(() => database.drop())
  url = database.url
  online = new Map()
  const beganMs = Date.now() - 3_600_000
  router = await startMenuPeer({
    '/system/resource': () => [{ uptime: `${secondsSince(beganMs)}s`, version: '7.20 (stable)' }],
    '/system/identity': () => [{ name: 'hq' }],
    '/system/routerboard': () => [{ 'serial-number': 'HF01' }],
    ...{ '/ip/firewall/filter': () => [], '/ip/hotspot/active': () => [] },
    ...{ '/ppp/active': () => [], '/interface': () => [] },
  })
  router.menus[HOSTS] = () =>
    Array.from(online, ([mac, upload], index) => hostRow(mac, index, secondsSince(beganMs) - 60, upload))
  scene = await Scene.create(createFleet({ seed: 1, routers: 0, hotspotSessions: 0, pppSessions: 0 }), {
    // Nothing is committed but by a daemon that is stopped in order.
    ...{ database: { url }, commit: { interval: '1h' } },
    tenants: [
      {
        ...{ id: 'acme', name: 'Acme WISP', timezone: 'Africa/Nairobi' },
        routers: [
          {
            ...{ id: 'hq', host: router.host, port: router.port, username: 'usage', password: 'secret' },
            services: ['hotspot', 'ppp', 'bypassed'],
          },
        ],
      },
    ],
  })
  onTestFinished(() => scene.end())
}

function secondsSince(beganMs: number): number {
  return Math.floor((Date.now() - beganMs) / 1_000)
}

function hostRow(mac: string, index: number, uptimeSeconds: number, upload: number): MenuRow {
  return {
    ...{ '.id': `*${index + 1}`, server: 'hs1', 'mac-address': mac, address: `10.5.50.${index + 1}` },
    ...{ uptime: `${uptimeSeconds}s`, 'bytes-in': String(upload), 'bytes-out': String(10 * upload) },
    bypassed: 'true',
  }
}

test('what a third service moved is read, survives kill -9, and is in the tables, the API and the metrics', async () => {
  await begin()
  online.set(TV, 1_000_000).set(PRINTER, 3_000_000)
  const first = await scene.startDaemon(program)
  await untilLive(first, 4_000_000)
  online.set(TV, 1_000_010).set(PRINTER, 3_000_030)
  await untilLive(first, 4_000_040)
  expect(await stats(first)).toMatchObject({ active_sessions: 2, bypassed_users: 2, hotspot_users: 0 })
  const page = await (await fetch(`http://127.0.0.1:${first.port}/metrics`)).text()
  const ofHq = 'tenant="acme",router="hq"'
  expect(page).toContain(`tikmeter_router_sessions{${ofHq},service="bypassed"} 2`)
  expect(page).toContain('tikmeter_subscribers_online{tenant="acme",service="bypassed"} 2')
  await first.end('SIGKILL')
  expect(await query(url, 'select * from user_sessions')).toEqual([])

  // It is not read any more, so that what is committed can only be from the journal.
  const show = router.menus[HOSTS]
  router.menus[HOSTS] = undefined
  const second = await scene.startDaemon(program)
  await untilLive(second, 4_000_040)
  expect(await second.end('SIGTERM')).toBe(0)
  expect(await uploads()).toEqual(COUNTED_BY_FIRST)
  expect(await inAllTables()).toEqual(44_000_440)

  router.menus[HOSTS] = show
  online.set(TV, 1_000_110)
  const third = await scene.startDaemon(program)
  await untilLive(third, 4_000_140)
  online.delete(PRINTER)
  await until('the printer has left', async () => (await stats(third))['active_sessions'] === 1)
  expect(await third.end('SIGTERM')).toBe(0)
  expect(await uploads()).toEqual({ ...COUNTED_BY_FIRST, [TV]: 1_000_110 })
  expect(await inAllTables()).toEqual(44_001_540)
  expect(await query(url, 'select router_id, service from router_services order by service')).toEqual(
    ['bypassed', 'hotspot', 'ppp'].map(service => ({ router_id: 'hq', service })),
  )

  const fourth = await scene.startDaemon(program)
  const usageOf = async (service: string) =>
    (await ask(fourth, `/api/usage?tenant=acme&by=user&from=${twoDaysAgo()}&service=${service}`)).body
  expect(await usageOf('bypassed')).toMatchObject({
    data: {
      rows: [
        { username: TV, upload: 1_000_110, download: 10_001_100 },
        { username: PRINTER, upload: 3_000_030, download: 30_000_300 },
      ],
    },
  })
  expect(await usageOf('hotspot')).toMatchObject({ data: { rows: [] } })
  const refused = await ask(fourth, '/api/usage?tenant=acme&service=none')
  expect([refused.status, JSON.stringify(refused.body)]).toEqual([
    400,
    expect.stringContaining('is not one of hotspot, ppp, bypassed'),
  ])
}, 120_000)

async function untilLive(daemon: DaemonProcess, upload: number): Promise<void> {
  const bytes = { upload, download: 10 * upload, used: 11 * upload }
  await until(`${upload} bytes of upload are shown`, async () => {
    return JSON.stringify((await stats(daemon))['bytes']).includes(`"total":${JSON.stringify(bytes)}`)
  })
}

async function stats(daemon: DaemonProcess): Promise<Record<string, unknown>> {
  return BODY.parse((await ask(daemon, '/api/dashboard/stats?tenant=acme')).body['data'])
}

async function ask({ port }: DaemonProcess, path: string) {
  const token = await signToken({ kind: 'admin', expiresAt: new Date(Date.now() + 60_000) }, SECRET)
  const headers = { authorization: `Bearer ${token}` }
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers })
  return { status: answer.status, body: BODY.parse(await answer.json()) }
}

/** As the month may have begun a minute ago. */
function twoDaysAgo(): string {
  return new Date(Date.now() - 2 * 86_400_000).toISOString().slice(0, 10)
}

/** By user name. */
async function uploads(): Promise<object> {
  const rows = await query<{ username: string; upload: string }>(
    url,
    `select username, data_upload as upload from user_sessions where service = 'bypassed' and protocol = 'bypassed'`,
  )
  return Object.fromEntries(rows.map(({ username, upload }) => [username, Number(upload)]))
}

/** The bytes in all, which are the same in all four tables. */
async function inAllTables(): Promise<number> {
  const [row] = await query<Record<string, string>>(
    url,
    `select (select sum(data_used) from user_sessions) as sessions,
       (select sum(upload + download) from session_deltas) as deltas,
       (select sum(upload + download) from usage_daily where service = 'bypassed') as daily,
       (select sum(upload + download) from tenant_usage_daily where service = 'bypassed') as tenant_daily`,
  )
  const sums = new Set(Object.values(row ?? {}).map(Number))
  expect(sums.size).toBe(1)
  return [...sums][0] ?? Number.NaN
}
