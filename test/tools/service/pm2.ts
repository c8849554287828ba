import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { stringify } from 'yaml'
import { EmbeddedPostgres } from '../../../src/postgres/embedded.ts'
import { findRunning } from '../../../src/postgres/find-running.ts'
import { freePort } from '../../../src/postgres/free-port.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { createLogger } from '../../../src/runtime/logger.ts'
import { query } from '../../harness/postgres/query.ts'
import {
  type Comparison,
  compare,
  differenceOf,
  isEqual,
  type Subscriber,
} from '../../system/daemon/compare.ts'
import { type FleetTenant, ownerOf } from '../../system/daemon/fleet-config.ts'
import { SECRET, TENANTS, until } from '../../system/daemon/scene.ts'
import { READER } from '../../system/daemon/watched-fleet.ts'
import type { SeenRouter, SessionAccount } from '../../system/daemon/watched-fleet-messages.ts'
import { WatchedFleetProcess } from '../../system/daemon/watched-fleet-process.ts'
import { type Gap, gapsSince } from './gaps.ts'
import { Pm2 } from './pm2-program.ts'

/**
 * The daemon under PM2 with ecosystem.config.cjs: started, reloaded ten times and stopped, while a fleet's subscribers
 * come and go. At the end the record is compared with the fleet's truth. Needs `npm run build`.
 */

const ROUTERS = 20
const SESSIONS = 10
const CHURN_PER_SECOND = 10
const RELOADS = 10
const INTERVAL_MS = 5_000
const ECOSYSTEM = fileURLToPath(new URL('../../../ecosystem.config.cjs', import.meta.url))
/** The app's name in the ecosystem file. */
const APP = 'tikmeter'
const DATABASE = 'postgres'

async function main(): Promise<number> {
  // As after a global install: the daemon's folder only contains its config.
  const folder = await mkdtemp(join(tmpdir(), 'tikmeter-pm2-'))
  // As root, PostgreSQL runs as another user.
  await chmod(folder, 0o711)
  const pm2 = new Pm2(folder)
  const fleet = new WatchedFleetProcess()
  const faults: string[] = []
  try {
    const routers = await fleet.start({ seed: 61, routers: ROUTERS, sessions: SESSIONS })
    const port = await freePort()
    await mkdir(join(folder, 'config'))
    const text = stringify(configOf(port, routers))
    await writeFile(join(folder, 'config', 'tikmeter.yaml'), text, { mode: 0o600 })
    await pm2.run('start', ECOSYSTEM)
    if (!(await isReady(port))) faults.push('not ready after the start')
    await fleet.churn(CHURN_PER_SECOND)
    await everyRouterRead(fleet)
    const over: Gap[] = []
    const around: Gap[] = []
    for (let reload = 1; reload <= RELOADS; reload++) {
      const [pid, fromMs] = [await pm2.pid(APP), Date.now()]
      await pm2.run('reload', ECOSYSTEM)
      if (!(await isReady(port))) faults.push(`not ready after reload ${reload}`)
      if ((await pm2.pid(APP)) === pid) faults.push(`reload ${reload} started nothing`)
      await everyRouterRead(fleet)
      const gaps = gapsSince(await fleet.visits(), fromMs)
      const overIt = gaps.filter(({ isOverLogin }) => isOverLogin)
      if (overIt.length !== ROUTERS * 2) faults.push(`reload ${reload}: ${overIt.length} services read again`)
      console.log(`reload ${reload}: not read for ${textOf(overIt[0])}, around it for ${textOf(gaps[0])}`)
      over.push(...overIt)
      around.push(...gaps)
    }
    await fleet.stopChurn()
    // The first reading may have begun before; the second decides on counters that fell in it.
    for (let reading = 0; reading < 3; reading++) await everyRouterRead(fleet)
    await pm2.run('stop', APP)
    if (await isReady(port)) faults.push('still there after the stop')
    if (await findRunning(join(folder, DATABASE))) faults.push('PostgreSQL was left running')
    const ends = await pm2.exitCodes()
    if (ends.length !== RELOADS + 1 || ends.some(code => code !== 0)) faults.push(`it ended with ${ends}`)

    const comparison = await compareStopped(join(folder, DATABASE), await fleet.account(), routers)
    console.log(
      `${RELOADS} reloads, ${ROUTERS} routers, ${comparison.subscribers} subscribers: difference ` +
        `${differenceOf(comparison)} bytes, the four tables ${areTablesEqual(comparison) ? '' : 'NOT '}equal; ` +
        `longest gap between two readings ${textOf(longestOf(over))} over a reload, ` +
        `${textOf(longestOf(around))} around one`,
    )
    if (!isEqual(comparison) || comparison.recorded.download === 0n) {
      faults.push('the record is not what was read')
      for (const it of comparison.differences)
        faults.push(`${it.tenant}/${it.router} ${it.username}: ${inspect(it)}`)
    }
    if ((longestOf(over)?.ms ?? 0) > INTERVAL_MS) faults.push('a reload took longer than a poll interval')
    if (faults.length > 0) console.log(await pm2.logs())
  } catch (error) {
    faults.push(error instanceof Error ? error.message : String(error))
    console.log(await pm2.logs().catch(() => 'PM2 has no logs'))
  } finally {
    await pm2.run('kill').catch(() => {})
    await fleet.stop()
    const home = await realpath(join(folder, DATABASE)).catch(() => undefined)
    if (home) await rm(home, { recursive: true, force: true })
    await rm(folder, { recursive: true, force: true })
  }
  for (const fault of faults) console.log(`FAULT: ${fault}`)
  return faults.length === 0 ? 0 : 1
}

/** Poll and commit intervals are the defaults. */
function configOf(port: number, routers: readonly SeenRouter[]): object {
  return {
    database: { directory: DATABASE },
    journal: { directory: 'journal' },
    server: { port },
    auth: { secret: SECRET },
    tenants: TENANTS.map(tenant => ({
      ...tenant,
      routers: routers
        .filter((_, index) => ownerOf(index, TENANTS) === tenant)
        .map(({ identity, host, port }) => ({
          ...{ id: identity, host, port, username: READER.name, password: READER.password },
        })),
    })),
  }
}

async function isReady(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/readyz`).then(
    ({ ok }) => ok,
    () => false,
  )
}

/** Waits until each router was read once more. */
async function everyRouterRead(fleet: WatchedFleetProcess): Promise<void> {
  const sinceMs = Date.now()
  await until('every router is read', async () =>
    [...(await fleet.routers()).values()].every(({ readAtMs }) => (readAtMs ?? 0) > sinceMs),
  )
}

/** Starts the database once more, from the same folder, because the daemon has stopped it. */
async function compareStopped(
  directory: string,
  account: readonly SessionAccount[],
  routers: readonly SeenRouter[],
): Promise<Comparison> {
  const owners = new Map<string, FleetTenant>(
    routers.map(({ identity }, index) => [identity, ownerOf(index, TENANTS)]),
  )
  const postgres = new EmbeddedPostgres({ directory, log: createLogger('warn'), clock: systemClock })
  const { url } = await postgres.start()
  try {
    const truth = account.map(it => ({ ...it, tenant: owners.get(it.router)?.id ?? '' }))
    const comparison = await compare(url, truth)
    for (const it of comparison.differences) await printHistory(url, it, account)
    return comparison
  } finally {
    await postgres.stop()
  }
}

/** What the tables have of a subscriber whose bytes are wrong, beside what the fleet knows of him. */
async function printHistory(url: string, it: Subscriber, account: readonly SessionAccount[]): Promise<void> {
  const values = [it.tenant, it.router, it.username]
  console.log(`${it.tenant}/${it.router} ${it.service} ${it.username}`)
  for (const truth of account)
    if (truth.router === it.router && truth.service === it.service && truth.username === it.username)
      console.log('fleet', JSON.stringify(truth))
  for (const table of ['user_sessions', 'ledger_events', 'session_deltas'])
    for (const row of await query(url, HISTORY[table] ?? '', values)) console.log(table, JSON.stringify(row))
}

const HISTORY: Readonly<Record<string, string>> = {
  user_sessions:
    'select * from user_sessions where tenant_id = $1 and router_id = $2 and username = $3 order by start_time',
  ledger_events: `select * from ledger_events where tenant_id = $1 and router_id = $2
    and (detail->>'username' = $3 or not detail ? 'username') order by at`,
  session_deltas: `select d.* from session_deltas d join user_sessions s on (s.tenant_id, s.id) = (d.tenant_id, d.session_id)
    where s.tenant_id = $1 and s.router_id = $2 and s.username = $3 order by bucket_start`,
}

function areTablesEqual({ tables }: Comparison): boolean {
  return new Set(Array.from(tables.values(), it => `${it.upload}/${it.download}`)).size === 1
}

function longestOf(gaps: readonly Gap[]): Gap | undefined {
  return gaps.reduce<Gap | undefined>((a, b) => (a && a.ms > b.ms ? a : b), undefined)
}

function textOf(gap: Gap | undefined): string {
  const ms = gap?.ms ?? Number.NaN
  return `${(ms / 1000).toFixed(1)} s (${(ms / INTERVAL_MS).toFixed(2)} poll intervals)`
}

process.exitCode = await main()
