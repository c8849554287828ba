import { setMaxListeners } from 'node:events'
import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { systemClock } from '../../../src/runtime/clock.ts'
import { seededRandom } from '../../harness/fleet/random.ts'
import { compare, isEqual } from '../../system/daemon/compare.ts'
import { Stage } from '../bench/fleet/stage.ts'
import { NOTHING_OWN } from '../bench/fleet/staged-daemon.ts'
import { carriedBy } from '../bench/fleet/truth.ts'
import { collectionsIn } from './collections.ts'
import { faultsIn } from './log-faults.ts'
import { Reloads } from './reloads.ts'
import { type Sample, sample } from './sample.ts'
import { slopesOf } from './slopes.ts'
import { sampleLine, tableOf } from './table.ts'
import { Troubles } from './troubles.ts'
import { Visitors } from './visitors.ts'

/**
 * `npm run soak [-- --minutes M]`: the daemon with subscribers, routers and feed clients that come and go, and reloads
 * from time to time. Its resources must be the same at the end, and not a byte may be lost.
 */

const ROUTERS = 40
const SESSIONS = 100
const TENANTS = 8
const CHURN_A_MINUTE = 0.1
const SAMPLE_EVERY_MS = 10_000
const SAMPLES_A_LINE = 6
const READ_WITHIN_MS = 60_000

const CONFIG = {
  poll: { schedule: '* * * * * *', timeout: '3s' },
  commit: { interval: '5s' },
  snapshots: { interval: '1s' },
  bucket: '1m',
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { minutes: { type: 'string', default: '20' }, seed: { type: 'string', default: '1' } },
  })
  const [minutes, seed] = [Number(values.minutes), Number(values.seed)]
  if (!(minutes > 0) || !Number.isSafeInteger(seed)) {
    console.error('error: --minutes takes a number above 0, --seed a whole one')
    return 2
  }
  const stopping = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopping.abort())
  const size = { seed, routers: ROUTERS, sessions: SESSIONS, tenants: TENANTS, ofFirst: 0 }
  const stage = await Stage.create({
    ...size,
    ...{ config: CONFIG, daemons: [NOTHING_OWN], nodeFlags: ['--trace-gc'], say: console.log },
  })
  let isGood = false
  try {
    console.log(`starting ${ROUTERS} routers, PostgreSQL and the daemon, in ${stage.folder}`)
    await stage.start()
    const soaked = await soak(stage, { minutes, seed, signal: stopping.signal })
    if (stopping.signal.aborted) return 1
    isGood = await judge(stage, soaked)
  } finally {
    await stage.stop()
    if (isGood || stopping.signal.aborted) await stage.removeFolder()
    else console.log(`log, config and journal: ${stage.folder}`)
  }
  return isGood ? 0 : 1
}

/** Runs for so long, or until the signal aborts. */
async function soak(
  stage: Stage,
  { minutes, seed, signal }: { minutes: number; seed: number; signal: AbortSignal },
): Promise<{ samples: readonly Sample[]; failures: readonly string[] }> {
  const { fleet, daemon } = stage.running
  await stage.untilRead(0, READ_WITHIN_MS, signal)
  await fleet.churn(CHURN_A_MINUTE)
  const ending = new AbortController()
  const over = ending.signal
  // All parts listen to it.
  setMaxListeners(0, over)
  signal.addEventListener('abort', () => ending.abort())
  const end = setTimeout(() => ending.abort(), minutes * 60_000)
  const troubles = new Troubles(fleet, ROUTERS, seededRandom(seed + 1))
  const visitors = new Visitors(daemon.port, stage.tenants, seededRandom(seed + 2))
  const reloads = new Reloads(stage, seededRandom(seed + 3))
  const samples: Sample[] = []
  const running = Promise.all([troubles.run(over), visitors.run(over), reloads.run(over)])
  while (!over.aborted) {
    const taken = await sample(stage)
    if (samples.length % SAMPLES_A_LINE === 0) console.log(sampleLine(taken))
    samples.push(taken)
    await systemClock.sleep(SAMPLE_EVERY_MS, over)
  }
  clearTimeout(end)
  await running
  console.log(
    `${troubles.count} troubles of routers, ${visitors.count} feed clients, ${reloads.count} reloads, ${samples.length} samples\n`,
  )
  return { samples, failures: visitors.failures }
}

/** Calms down, stops the daemon and compares it with the truth. @returns whether everything is right */
async function judge(
  stage: Stage,
  { samples, failures }: { samples: readonly Sample[]; failures: readonly string[] },
): Promise<boolean> {
  const { fleet, daemon, databaseUrl } = stage.running
  const frozenMs = await fleet.freeze()
  const isRead = await stage.untilRead(frozenMs, READ_WITHIN_MS, new AbortController().signal)
  const exitCode = await daemon.end('SIGTERM')
  const comparison = await compare(databaseUrl, await carriedBy(stage))
  const log = await readFile(stage.logFile, 'utf8')
  const slopes = slopesOf(samples, collectionsIn(log))
  console.log(tableOf(slopes, comparison))
  const faults = [
    ...slopes.filter(({ isFlat }) => !isFlat).map(({ held }) => `${held} grew beyond its bound`),
    ...(isEqual(comparison) ? [] : ['the record is not what was read']),
    ...failures.map(failure => `a feed client was not let in: ${failure}`),
    ...(isRead ? [] : ['not every router was read at the end']),
    ...(exitCode === 0 ? [] : [`the daemon ended with ${exitCode}`]),
    ...faultsIn(log),
  ]
  for (const fault of faults) console.log(`FAULT: ${fault}`)
  return faults.length === 0
}

process.exitCode = await main()
