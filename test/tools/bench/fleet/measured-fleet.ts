import type { BenchRun } from '../figure.ts'
import { COMMIT_MS, FleetRun, type Measured } from './run.ts'
import { Stage } from './stage.ts'
import { NOTHING_OWN } from './staged-daemon.ts'

export const SESSIONS_A_ROUTER = 200
const TENANTS = 50
const DEFAULT_MINUTES = 10

/** The length of a run; `TIKMETER_BENCH_MINUTES` changes it. */
export function minutesToMeasure(): number {
  return Number(process.env['TIKMETER_BENCH_MINUTES'] ?? DEFAULT_MINUTES)
}

/** Runs a fleet with the daemons that share it, from an empty database to the comparison with the truth. */
export async function measureFleet(
  { routers, daemons }: { readonly routers: number; readonly daemons: number },
  minutes: number,
  { say }: BenchRun,
): Promise<Measured> {
  const stopping = new AbortController()
  const stop = () => stopping.abort()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop)
  const stage = await Stage.create({
    ...{ seed: 1, routers, sessions: SESSIONS_A_ROUTER, tenants: TENANTS, ofFirst: 0, nodeFlags: [], say },
    // The smallest buckets, so that a run of any length crosses an edge.
    config: { commit: { interval: `${COMMIT_MS}ms` }, bucket: '5m' },
    daemons: Array.from({ length: daemons }, () => NOTHING_OWN),
  })
  let isGood = false
  try {
    say(`starting ${routers} routers, PostgreSQL and ${daemons === 1 ? 'the daemon' : `${daemons} daemons`}`)
    await stage.start()
    const measured = await new FleetRun(stage, say, stopping.signal).run(minutes)
    isGood = measured.exitCode === 0 && measured.comparison.differences.length === 0
    return measured
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, stop)
    await stage.stop()
    if (isGood || stopping.signal.aborted) await stage.removeFolder()
    else say(`log and config: ${stage.folder}`)
  }
}
