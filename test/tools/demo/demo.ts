import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { EmbeddedPostgres } from '../../../src/postgres/embedded.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { createLogger } from '../../../src/runtime/logger.ts'
import { HAS_NATS } from '../../harness/nats-server.ts'
import {
  type Comparison,
  compare,
  differenceOf,
  isEqual,
  type SubscriberBytes,
} from '../../system/daemon/compare.ts'
import { subscribersOf } from '../../system/daemon/fleet-config.ts'
import { Readings } from '../../system/daemon/readings.ts'
import { bytesOf, HISTORY_DAYS } from './history.ts'
import { offerToOpen } from './opening.ts'
import { DemoScene, READER, ROUTERS, TENANTS } from './scene.ts'
import { watchTenant } from './watch-tenant.ts'

/** The main job on one machine: simulated routers, the real daemon with embedded PostgreSQL, and a dashboard client. */

const EVENTS_PER_SECOND = 3

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string' },
      seed: { type: 'string', default: '1' },
      daemons: { type: 'string', default: '1' },
    },
  })
  const daemons = Number(values.daemons)
  if (![1, 2, 3, 4].includes(daemons)) {
    console.error('error: --daemons takes a number from 1 to 4')
    return 2
  }
  if (daemons > 1 && !HAS_NATS) {
    console.error(
      'error: --daemons needs nats-server, over which they exchange live numbers: https://nats.io',
    )
    return 2
  }
  const seconds = values.seconds === undefined ? undefined : Number(values.seconds)
  if (seconds !== undefined && !(seconds > 0)) {
    console.error('error: --seconds takes a number above 0')
    return 2
  }
  const what = daemons > 1 ? `NATS and ${daemons} daemons` : 'the daemon'
  console.log(`starting ${ROUTERS} routers, PostgreSQL and ${what}…`)
  const scene = await DemoScene.start(Number(values.seed), daemons)
  try {
    await show(scene, seconds)
    const codes = await Promise.all(scene.daemons.map(daemon => daemon.end('SIGTERM')))
    const code = codes.find(it => it !== 0) ?? 0
    if (code !== 0) console.log(`a daemon ended with ${code}: see ${scene.logFile}`)
    await scene.endShared()
    const truth = [...bytesOf(scene.history), ...subscribersOf(scene.fleet, TENANTS)]
    const comparison = await compareStopped(scene.directory, truth)
    print(comparison)
    const isGood = code === 0 && comparison.subscribers > 0 && isEqual(comparison)
    if (isGood) await scene.removeData()
    return isGood ? 0 : 1
  } finally {
    await scene.endShared()
    await scene.fleet.stop()
  }
}

/** Prints each tenant's snapshots as they come, while subscribers come and go, for so long or until Ctrl-C. */
async function show(scene: DemoScene, seconds: number | undefined): Promise<void> {
  const expiresAt = new Date(Date.now() + 86_400_000)
  const stopping = new AbortController()
  process.once('SIGINT', () => stopping.abort())
  process.once('SIGTERM', () => stopping.abort())
  const at = `127.0.0.1:${scene.daemon.port}`
  const admin = await scene.token(undefined, expiresAt)
  const acme = await scene.token('acme', expiresAt)
  const [page = '', ...others] = scene.daemons.map(
    ({ port }) => `http://127.0.0.1:${port}/dashboard/#token=${acme}`,
  )
  const isOffered = await offerToOpen(page, process, process.env, stopping.signal)
  console.log(`
open       ${page}${isOffered ? '\n           or press Enter to open it in the browser' : ''}`)
  for (const other of others) console.log(`the same   ${other}`)
  console.log(`\
history    ${HISTORY_DAYS} days
feed       ws://${at}/ws
stats      curl -H "Authorization: Bearer ${admin}" http://${at}/api/system/dashboard/stats
log        ${scene.logFile}
${seconds === undefined ? 'Ctrl-C stops it and compares the record with what the routers sent.' : `for ${seconds} s`}
`)
  const churn = scene.fleet.churn(stopping.signal, EVENTS_PER_SECOND)
  const watching = TENANTS.map(async ({ id }) => {
    const token = await scene.token(id, expiresAt)
    await watchTenant(`ws://${at}/ws`, token, line => console.log(line), stopping.signal)
  })
  await sleep(seconds === undefined ? 2 ** 31 - 1 : seconds * 1000, undefined, {
    signal: stopping.signal,
  }).catch(() => {})
  stopping.abort()
  await Promise.all([churn, ...watching])
  const readings = new Readings(scene.fleet)
  readings.start()
  // The first reading may have begun before; the second decides on counters that fell in it.
  await readings.more(3, READER)
  readings.stop()
}

/** Starts the database once more, from the same folder, because the daemon has stopped it. */
async function compareStopped(directory: string, truth: readonly SubscriberBytes[]): Promise<Comparison> {
  const postgres = new EmbeddedPostgres({ directory, log: createLogger('warn'), clock: systemClock })
  const { url } = await postgres.start()
  try {
    return await compare(url, truth)
  } finally {
    await postgres.stop()
  }
}

function print(comparison: Comparison): void {
  const { subscribers, recorded, carried, differences, tables } = comparison
  console.log(`
subscribers                  ${subscribers}
bytes carried, with history  up ${carried.upload}  down ${carried.download}
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

process.exitCode = await main()
