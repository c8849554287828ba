import { chmod, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ClientOptions, WebSocket } from 'ws'
import { stringify } from 'yaml'
import { tenantId } from '../../../src/accounting/ids.ts'
import { signToken } from '../../../src/auth/tokens.ts'
import { freePort } from '../../../src/postgres/free-port.ts'
import { descriptorLimit } from '../../../src/runtime/descriptors.ts'
import { createFleet, type Fleet } from '../../harness/fleet/fleet.ts'
import { DaemonProcess } from '../../system/daemon/daemon-process.ts'
import { type FleetTenant, tenantsConfig } from '../../system/daemon/fleet-config.ts'
import { Checks } from '../browser/checks.ts'
import { addressOf, Idlers } from './idlers.ts'
import { NginxServer } from './nginx-server.ts'

/**
 * The built daemon with a thousand file descriptors, real PostgreSQL and simulated routers, and more strangers than
 * descriptors. Needs `npm run build`, prlimit and nginx.
 */

const DESCRIPTORS = 1000
const IDLE = 1400
const CLIENTS = 600
const PER_ADDRESS = 100
const PROXY = '127.0.0.77'
const SECRET = 'a secret of thirty-two bytes or more'
const TENANTS: readonly FleetTenant[] = [{ id: 'acme', name: 'Acme', timezone: 'UTC' }]

const checks = new Checks()
/** After this time, all remaining checks fail. */
const late = AbortSignal.timeout(120_000)

async function main(): Promise<boolean> {
  if (descriptorLimit() < 3 * IDLE) throw new Error(`the strangers need descriptors: ulimit -n ${3 * IDLE}`)
  const folder = await mkdtemp(join(tmpdir(), 'tikmeter-strangers-'))
  // As root, PostgreSQL runs as another user.
  await chmod(folder, 0o711)
  const fleet = createFleet({ seed: 14, routers: 3, hotspotSessions: 20, pppSessions: 20 })
  await fleet.start()
  let daemon: DaemonProcess | undefined
  try {
    daemon = await startDaemon(folder, fleet)
    const { port } = daemon
    const token = await tokenOf()
    await idle(port, fleet, token)
    await forge(port, token)
    await proxied(folder, port, token)
    await checks.check('it stops in order', 0, async () => daemon?.end('SIGTERM'))
    const log = await readFile(join(folder, 'tikmeter.log'), 'utf8')
    await checks.check(
      'descriptors did not run out, and refused clients are logged',
      [[], true],
      async () => [
        log.split('\n').filter(line => /EMFILE|ENFILE|EAI_AGAIN|"level":(50|60)/.test(line)),
        /"no_room":\d+.*clients were refused/.test(log) && /"too_many":\d+.*clients were refused/.test(log),
      ],
    )
  } finally {
    await daemon?.end('SIGTERM')
    await fleet.stop()
    const home = await realpath(join(folder, 'postgres')).catch(() => folder)
    await rm(home, { recursive: true, force: true })
    await rm(folder, { recursive: true, force: true })
  }
  return checks.finish()
}

async function startDaemon(folder: string, fleet: Fleet): Promise<DaemonProcess> {
  const file = join(folder, 'tikmeter.yaml')
  const config = {
    database: { directory: join(folder, 'postgres') },
    journal: { directory: join(folder, 'journal') },
    poll: { schedule: '* * * * * *', timeout: '3s' },
    commit: { interval: '1s' },
    snapshots: { interval: '1s' },
    server: { port: 0, trusted_proxies: [PROXY], limits: { connections_per_address: PER_ADDRESS } },
    auth: { secret: SECRET },
    tenants: tenantsConfig(fleet, TENANTS, 'usage'),
  }
  await writeFile(file, stringify(config))
  const launcher = ['prlimit', `--nofile=${DESCRIPTORS}:${DESCRIPTORS}`]
  return DaemonProcess.start(file, join(folder, 'tikmeter.log'), {}, ['dist/cli.js'], launcher)
}

function tokenOf(): Promise<string> {
  const expiresAt = new Date(Date.now() + 3_600_000)
  return signToken({ kind: 'tenant', tenant: tenantId('acme'), expiresAt }, SECRET)
}

/** Opens more connections than there are descriptors, from as many addresses, and reconnects those that are closed. */
async function idle(port: number, fleet: Fleet, token: string): Promise<void> {
  const dashboard = await connected(port, token, {})
  const readings = new Map(fleet.routers.map(({ identity }) => [identity, 0]))
  for (const router of fleet.routers)
    router.onReading(() => readings.set(router.identity, (readings.get(router.identity) ?? 0) + 1))
  const idlers = new Idlers(port)
  idlers.start(IDLE)
  await checks.check(
    `${IDLE} idle strangers from as many addresses get in, and are closed for each other`,
    true,
    async () => {
      await until(() => idlers.connected === IDLE && idlers.closed > IDLE - DESCRIPTORS)
      return true
    },
  )
  await checks.check('requests are answered all the while', [], async () => {
    const refused: string[] = []
    let slowestMs = 0
    for (let time = 0; time < 5; time++)
      for (const path of ['/healthz', '/readyz', '/metrics', '/api/dashboard/stats']) {
        const { status, ms } = await asked(port, path, token)
        if (status !== 200) refused.push(`${path}: ${status}`)
        slowestMs = Math.max(slowestMs, ms)
      }
    console.log(`  the slowest answer took ${slowestMs} ms`)
    return refused
  })
  const fewest = () => Math.min(...readings.values())
  await checks.check('every router is read all the while, and what was read is committed', true, async () => {
    const [reading, commit] = [fewest(), await metric(port, 'tikmeter_commit_duration_seconds_count')]
    await until(() => fewest() >= reading + 6)
    await until(async () => (await metric(port, 'tikmeter_commit_duration_seconds_count')) >= commit + 2)
    return (await metric(port, 'tikmeter_journal_writing')) === 1
  })
  await checks.check('an earlier dashboard still gets its numbers', true, async () => {
    const before = dashboard.snapshots
    await until(() => dashboard.snapshots > before + 1)
    return dashboard.socket.readyState === WebSocket.OPEN
  })
  await checks.check('descriptors are left', true, async () => {
    const open = await metric(port, 'process_open_fds')
    console.log(`  ${open} of ${DESCRIPTORS} are open; ${idlers.closed} idle connections were closed`)
    return open < DESCRIPTORS - 50
  })
  idlers.stop()
  dashboard.socket.terminate()
}

/** Connects from one address, with other addresses in X-Forwarded-For. */
async function forge(port: number, token: string): Promise<void> {
  await checks.check(
    `${CLIENTS} connections with a forged X-Forwarded-For count for one address`,
    [PER_ADDRESS, CLIENTS - PER_ADDRESS],
    async () => {
      const all = await crowd(port, token, number => ({
        localAddress: '127.0.0.9',
        headers: { 'X-Forwarded-For': addressOf(2, number) },
      }))
      const served = all.filter(it => it !== undefined)
      for (const { socket } of served) socket.terminate()
      return [served.length, all.length - served.length]
    },
  )
}

async function proxied(folder: string, port: number, token: string): Promise<void> {
  const nginxPort = await freePort()
  const nginx = await NginxServer.start({
    ...{ folder: join(folder, 'nginx'), port: nginxPort },
    sites: `
  server {
    listen 127.0.0.1:${nginxPort} backlog=1024;
    location / {
      proxy_pass http://127.0.0.1:${port};
      proxy_bind ${PROXY};
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection "upgrade";
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }
  }`,
  })
  try {
    await checks.check(`${CLIENTS} addresses through a trusted nginx are all served`, CLIENTS, async () => {
      const all = await crowd(nginx.port, token, number => ({ localAddress: addressOf(3, number) }))
      const served = all.filter(it => it !== undefined)
      const open = served.filter(({ socket }) => socket.readyState === WebSocket.OPEN)
      for (const { socket } of served) socket.terminate()
      return open.length
    })
  } finally {
    await nginx.stop()
  }
}

/** Connects all at the same time. @returns each connection once it has a snapshot, or nothing if it was refused */
function crowd(
  port: number,
  token: string,
  optionsOf: (number: number) => ClientOptions,
): Promise<readonly (Dashboard | undefined)[]> {
  const all = Array.from({ length: CLIENTS }, (_, number) =>
    connected(port, token, optionsOf(number)).catch(() => undefined),
  )
  return Promise.all(all)
}

interface Dashboard {
  readonly socket: WebSocket
  /** Number of snapshots that it got. */
  snapshots: number
}

/** Resolves with its first snapshot. */
function connected(port: number, token: string, options: ClientOptions): Promise<Dashboard> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, ['tikmeter.v1', `bearer.${token}`], options)
  const dashboard: Dashboard = { socket, snapshots: 0 }
  return new Promise((resolve, reject) => {
    socket.on('error', reject)
    socket.on('close', code => reject(new Error(`closed with ${code}`)))
    socket.on('message', raw => {
      if (!String(raw).includes('"type":"snapshot"')) return
      dashboard.snapshots++
      resolve(dashboard)
    })
  })
}

async function asked(port: number, path: string, token: string) {
  const startedMs = performance.now()
  const headers = { Authorization: `Bearer ${token}`, Connection: 'close' }
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers }).catch(() => undefined)
  const text = await response?.text().catch(() => '')
  return { status: response?.status ?? 0, text: text ?? '', ms: Math.round(performance.now() - startedMs) }
}

/** The value of a metric without labels. */
async function metric(port: number, name: string): Promise<number> {
  const { text } = await asked(port, '/metrics', '')
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN)
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!late.aborted) {
    if (await isSo()) return
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  throw new Error('no time left')
}

process.exitCode = (await main()) ? 0 : 1
