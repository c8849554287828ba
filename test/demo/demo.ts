import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { stringify } from 'yaml'
import { tenantId } from '../../src/accounting/ids.ts'
import { signToken } from '../../src/feed/authentication.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { createLogger } from '../../src/runtime/logger.ts'
import { EmbeddedPostgres } from '../../src/store/embedded.ts'
import { type Comparison, compare, differenceOf, isEqual } from '../daemon/compare.ts'
import { DaemonProcess } from '../daemon/daemon-process.ts'
import { subscribersOf, tenantsConfig } from '../daemon/fleet-config.ts'
import { serverIdentity } from '../fleet/certificate.ts'
import { createFleet, type Fleet } from '../fleet/fleet.ts'
import { watchTenant } from './watch-tenant.ts'

/** The main job on one machine: simulated routers, the real daemon with its own PostgreSQL, and a dashboard's client. */

const TENANTS = [
  { id: 'acme', name: 'Acme WISP', timezone: 'Africa/Nairobi' },
  { id: 'hilltop', name: 'Hilltop Hotspots', timezone: 'Asia/Kathmandu' },
  { id: 'coast', name: 'Coast Fibre', timezone: 'America/Bogota' },
]
const ROUTERS = 6
const EVENTS_PER_SECOND = 3

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { seconds: { type: 'string' }, seed: { type: 'string', default: '1' } },
  })
  const seconds = values.seconds === undefined ? undefined : Number(values.seconds)
  if (seconds !== undefined && !(seconds > 0)) {
    console.error('error: --seconds takes a number above 0')
    return 2
  }
  const folder = await mkdtemp(join(tmpdir(), 'tikmeter-demo-'))
  // As root, PostgreSQL is another user.
  await chmod(folder, 0o711)
  const directory = join(folder, 'postgres')
  const fleet = createFleet({
    ...{ seed: Number(values.seed), routers: ROUTERS, hotspotSessions: 20, pppSessions: 20 },
    tls: serverIdentity(),
  })
  await fleet.start()
  const secret = randomBytes(32).toString('base64')
  const configFile = join(folder, 'tikmeter.yaml')
  await writeFile(configFile, stringify(configOf(fleet, folder, directory)))
  try {
    console.log(`starting ${ROUTERS} routers, PostgreSQL and the daemon…`)
    const daemon = await DaemonProcess.start(configFile, join(folder, 'tikmeter.log'), {
      TIKMETER_SECRET: secret,
    })
    await show(daemon, fleet, { secret, folder, seconds })
    const code = await daemon.end('SIGTERM')
    if (code !== 0) console.log(`the daemon ended with ${code}: see ${folder}/tikmeter.log`)
    const comparison = await compareStopped(directory, fleet)
    print(comparison)
    const isGood = code === 0 && comparison.subscribers > 0 && isEqual(comparison)
    if (isGood) await removeData(folder, directory)
    return isGood ? 0 : 1
  } finally {
    await fleet.stop()
  }
}

/** Prints each tenant's snapshots as they come, while subscribers come and go, for so long or until Ctrl-C. */
async function show(
  daemon: DaemonProcess,
  fleet: Fleet,
  { secret, folder, seconds }: { secret: string; folder: string; seconds: number | undefined },
): Promise<void> {
  const expiresAt = new Date(Date.now() + 86_400_000)
  const stopping = new AbortController()
  process.once('SIGINT', () => stopping.abort())
  process.once('SIGTERM', () => stopping.abort())
  const admin = await signToken({ kind: 'admin', expiresAt }, secret)
  console.log(`feed   ws://127.0.0.1:${daemon.port}/ws
stats  curl -H "Authorization: Bearer ${admin}" http://127.0.0.1:${daemon.port}/api/system/dashboard/stats
log    ${folder}/tikmeter.log
${seconds === undefined ? 'Ctrl-C stops it and compares the record with what the routers sent.' : `for ${seconds} s`}
`)
  const churn = fleet.churn(stopping.signal, EVENTS_PER_SECOND)
  const watching = TENANTS.map(async ({ id }) => {
    const token = await signToken({ kind: 'tenant', tenant: tenantId(id), expiresAt }, secret)
    await watchTenant(`ws://127.0.0.1:${daemon.port}/ws`, token, line => console.log(line), stopping.signal)
  })
  await sleep(seconds === undefined ? 2 ** 31 - 1 : seconds * 1000, undefined, {
    signal: stopping.signal,
  }).catch(() => {})
  stopping.abort()
  await Promise.all([churn, ...watching])
}

function configOf(fleet: Fleet, folder: string, directory: string): object {
  return {
    database: { directory },
    journal: { directory: join(folder, 'journal') },
    poll: { schedule: '*/2 * * * * *' },
    commit: { interval: '5s' },
    snapshots: { interval: '2s' },
    server: { port: 0 },
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the config's own form of a secret
    auth: { secret: '${TIKMETER_SECRET}' },
    tenants: tenantsConfig(fleet, TENANTS, 'usage'),
  }
}

/** The daemon has stopped its database; it is started once more, from the same folder. */
async function compareStopped(directory: string, fleet: Fleet): Promise<Comparison> {
  const postgres = new EmbeddedPostgres({ directory, log: createLogger('warn'), clock: systemClock })
  const { url } = await postgres.start()
  try {
    return await compare(url, subscribersOf(fleet, TENANTS))
  } finally {
    await postgres.stop()
  }
}

function print(comparison: Comparison): void {
  const { subscribers, recorded, carried, differences, tables } = comparison
  console.log(`
subscribers                  ${subscribers}
bytes whole replies carried  up ${carried.upload}  down ${carried.download}
bytes recorded               up ${recorded.upload}  down ${recorded.download}
difference                   ${differenceOf(comparison)}
subscribers that differ      ${differences.length}`)
  for (const it of differences.slice(0, 10))
    console.log(
      `  ${it.tenant}/${it.router} ${it.service} ${it.username}: recorded ${it.recorded.upload}/${it.recorded.download}, carried ${it.carried.upload}/${it.carried.download}`,
    )
  for (const [table, sum] of tables)
    console.log(`  ${table.padEnd(20)} up ${sum.upload}  down ${sum.download}`)
}

async function removeData(folder: string, directory: string): Promise<void> {
  const home = await realpath(directory).catch(() => directory)
  await rm(home, { recursive: true, force: true })
  await rm(folder, { recursive: true, force: true })
}

process.exitCode = await main()
