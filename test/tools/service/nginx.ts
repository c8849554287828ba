import { createHash } from 'node:crypto'
import { chmod, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { chromium } from 'playwright-core'
import { stringify } from 'yaml'
import { tenantId } from '../../../src/accounting/ids.ts'
import { signToken } from '../../../src/auth/tokens.ts'
import { freePort } from '../../../src/postgres/free-port.ts'
import { createFleet, type Fleet } from '../../harness/fleet/fleet.ts'
import { DaemonProcess } from '../../system/daemon/daemon-process.ts'
import { type FleetTenant, tenantsConfig } from '../../system/daemon/fleet-config.ts'
import { Checks } from '../browser/checks.ts'
import { CHROMIUM } from '../browser/chromium.ts'
import { addressOf } from './idlers.ts'
import { documentedSite, NginxServer } from './nginx-server.ts'
import { answerOf, filesBelow, idleFeed, idlePusher, isServed, started } from './proxied-client.ts'
import { fillLong, ROWS } from './proxied-rows.ts'

/**
 * The built daemon behind nginx, which is configured as docs/proxies.md says: TLS, a path prefix, timeouts of 60 s, and
 * many clients. Needs `npm run build`, nginx and Chromium.
 */

/** Longer than nginx waits for something to read. */
const IDLE_MS = 65_000
const PER_ADDRESS = 20
/** Rows that a client has read when it stops. */
const SOME = 1000
const ADDRESSES = 200
const KEY = 'key'
const SECRET = 'a secret of thirty-two bytes or more'
const CERTIFICATES = resolve('test/harness/fleet/certificates')
const TENANTS: readonly FleetTenant[] = [{ id: 'acme', name: 'Acme', timezone: 'UTC' }]

const checks = new Checks()

async function main(): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'tikmeter-nginx-'))
  // As root, PostgreSQL runs as another user.
  await chmod(folder, 0o711)
  const fleet = createFleet({ seed: 18, routers: 2, hotspotSessions: 5, pppSessions: 5 })
  await fleet.start()
  let daemon: DaemonProcess | undefined
  let nginx: NginxServer | undefined
  try {
    await fillLong(join(folder, 'postgres'))
    daemon = await startDaemon(folder, fleet)
    nginx = await startNginx(folder, daemon.port)
    const token = await tokenOf()
    const idle = [await idleFeed(nginx.port, token), await idlePusher(nginx.port, KEY, token)]
    const openedMs = performance.now()
    await pages(nginx.port, token)
    await downloads(nginx.port, daemon.port, token)
    await addresses(nginx.port, token)
    await new Promise(resolve => setTimeout(resolve, IDLE_MS - (performance.now() - openedMs)))
    await checks.check(
      'a feed and a Pusher client that get no numbers for 65 s stay connected',
      [],
      async () => idle.flatMap(({ end }) => end ?? []),
    )
    for (const { socket } of idle) socket.terminate()
    await broken(folder, nginx.port, daemon, token)
    const log = await readFile(join(folder, 'tikmeter.log'), 'utf8')
    await checks.check('the daemon believes the proxy, and has no complaint', [], async () =>
      log.split('\n').filter(line => /X-Forwarded-For|"level":(50|60)/.test(line)),
    )
  } finally {
    await nginx?.stop()
    await daemon?.end('SIGKILL')
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
    // Nothing but pings goes to an idle client meanwhile.
    snapshots: { interval: '5m' },
    server: {
      ...{ port: 0, dashboard: true, trusted_proxies: ['127.0.0.1'] },
      limits: { connections_per_address: PER_ADDRESS },
    },
    auth: { secret: SECRET },
    pusher: { key: KEY, secret: SECRET },
    tenants: tenantsConfig(fleet, TENANTS, 'usage'),
  }
  await writeFile(file, stringify(config))
  return DaemonProcess.start(file, join(folder, 'tikmeter.log'), {}, ['dist/cli.js'])
}

async function startNginx(folder: string, upstreamPort: number): Promise<NginxServer> {
  const port = await freePort()
  const sites = await documentedSite({
    'listen 443 ssl;': `listen 127.0.0.1:${port} ssl backlog=1024;`,
    'isp.example;': '127.0.0.1;',
    '/etc/ssl/isp.example.pem': join(CERTIFICATES, 'server.pem'),
    '/etc/ssl/isp.example-key.pem': join(CERTIFICATES, 'server-key.pem'),
    '127.0.0.1:8090': `127.0.0.1:${upstreamPort}`,
  })
  return NginxServer.start({ folder: join(folder, 'nginx'), port, sites })
}

function tokenOf(): Promise<string> {
  const expiresAt = new Date(Date.now() + 3_600_000)
  return signToken({ kind: 'tenant', tenant: tenantId('acme'), expiresAt }, SECRET)
}

async function pages(port: number, token: string): Promise<void> {
  const statusOf = async (path: string) => (await answerOf(port, path, token)).status
  await checks.check(
    'health and numbers are below the prefix, and nothing is beside it',
    [200, 200, 404],
    () => Promise.all(['/usage/readyz', '/usage/api/dashboard/stats', '/api/dashboard/stats'].map(statusOf)),
  )
  await checks.check('metrics are for nobody', 404, () => statusOf('/usage/metrics'))
  await checks.check('the dashboard is found without its last slash', '/usage/dashboard/', async () => {
    const { headers } = await answerOf(port, '/usage/dashboard', token)
    return new URL(headers.location ?? '', `https://127.0.0.1:${port}/usage/dashboard`).pathname
  })
  await checks.check('all of its files are below the prefix', [true, []], async () => {
    const files = await filesBelow(port, '/usage/dashboard/')
    return [files.size > 20, [...files].filter(([, status]) => status !== 200)]
  })
  await checks.check(
    'it shows the tenant in Chromium, and asks for nothing beside the prefix',
    ['Live', []],
    () => inBrowser(port, token),
  )
}

/** @returns the status that the dashboard shows, and what it requested elsewhere or in vain */
async function inBrowser(port: number, token: string): Promise<unknown> {
  const browser = await chromium.launch(CHROMIUM)
  try {
    const page = await browser.newPage({ ignoreHTTPSErrors: true })
    const strange: string[] = []
    const base = `127.0.0.1:${port}/usage/`
    page.on('request', it => {
      if (!it.url().startsWith(`https://${base}`)) strange.push(it.url())
    })
    page.on('response', it => {
      if (it.status() >= 400) strange.push(`${it.status()} ${it.url()}`)
    })
    page.on('websocket', it => {
      if (it.url() !== `wss://${base}ws`) strange.push(it.url())
    })
    await page.goto(`https://${base}dashboard/#token=${token}`)
    await page.locator('#status', { hasText: 'Live' }).waitFor({ timeout: 20_000 })
    return [await page.locator('#status').textContent(), strange]
  } finally {
    await browser.close()
  }
}

async function downloads(port: number, directPort: number, token: string): Promise<void> {
  const path = '/api/usage?format=csv&by=user&from=2026-01-01&to=2026-01-31'
  await checks.check(`a CSV of ${ROWS} rows is the same through nginx`, [ROWS + 1, true], async () => {
    const direct = await fetch(`http://127.0.0.1:${directPort}${path}`, {
      headers: { authorization: `Bearer ${token}` },
    })
    const hash = (text: string) => createHash('sha256').update(text).digest('hex')
    const [wanted, { text }] = [await direct.text(), await answerOf(port, `/usage${path}`, token)]
    return [text.trimEnd().split('\n').length, hash(text) === hash(wanted)]
  })
}

/** A client that stops reading, and a daemon that dies meanwhile. */
async function broken(folder: string, port: number, daemon: DaemonProcess, token: string): Promise<void> {
  await checks.check(
    'a CSV is passed on row by row, and one that breaks off is an error for its reader',
    ['ECONNRESET', true, []],
    async () => {
      const path = '/usage/api/sessions?format=csv&status=ended&from=2026-01-01&to=2026-01-31'
      const response = await started(port, path, token)
      let rows = 0
      const ended = new Promise(resolve => {
        response.on('end', () => resolve('complete'))
        response.on('error', (error: NodeJS.ErrnoException) => resolve(error.code))
      })
      await new Promise<void>(resolve => {
        response.on('data', (chunk: Buffer) => {
          rows += chunk.toString('latin1').split('\n').length - 1
          if (rows > SOME) resolve()
        })
      })
      response.pause()
      await daemon.end('SIGKILL')
      response.resume()
      const how = await ended
      console.log(`  ${rows} of ${ROWS} rows arrived`)
      return [how, rows < ROWS, await readdir(join(folder, 'nginx', 'proxy'))]
    },
  )
}

async function addresses(port: number, token: string): Promise<void> {
  const served = async (from: (number: number) => string, count: number) => {
    const all = await Promise.all(
      Array.from({ length: count }, (_, number) => isServed(port, token, from(number))),
    )
    for (const it of all) it.end()
    return all.filter(it => it.isServed).length
  }
  await checks.check(`${ADDRESSES} addresses through the proxy are all served`, ADDRESSES, () =>
    served(number => addressOf(4, number), ADDRESSES),
  )
  await checks.check(`${PER_ADDRESS} connections of one address are served, and no more`, PER_ADDRESS, () =>
    served(() => addressOf(5, 0), 2 * PER_ADDRESS),
  )
}

process.exitCode = (await main()) ? 0 : 1
