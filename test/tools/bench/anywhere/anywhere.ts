import { HAS_NATS } from '../../../harness/nats-server.ts'
import { differenceOf } from '../../../system/daemon/compare.ts'
import type { Bench, BenchRun, Figure, Goal } from '../figure.ts'
import { percentile } from '../measure.ts'
import { COMMIT_MS, DAEMONS, Place, TENANTS } from './place.ts'
import { AnywhereRun, INTERVAL_MS, type Measured } from './run.ts'

const DEFAULT_SESSIONS = 200_000
const READERS = 3
const DOWN_WITHIN_S = 5
/** Examples that are printed of what is wrong. */
const EXAMPLES = 5

/**
 * Whether a dashboard sees the same at every daemon. `TIKMETER_BENCH_SESSIONS` makes the large tenant smaller.
 *
 * - Live traffic: all daemons show the same of a tenant in an interval. The age of a router's numbers is the time from its
 *   `last_reading_at` to the arrival of the first snapshot with it; readings that no snapshot showed have none.
 * - `nats-server` is killed: numbers come from the tables. They must be at least what was read until the oldest
 *   `last_reading_at`, and at most what was read when they arrived.
 * - It is back, and traffic ends: every number of each tenant at each daemon is the fleet's, and so are lists of sessions.
 */
export const ANYWHERE: Bench = {
  name: 'anywhere',
  about: `${TENANTS} tenants, one of them with ${DEFAULT_SESSIONS} sessions, read by ${READERS} daemons and shown by ${DAEMONS}`,
  isLong: true,
  run,
}

async function run(bench: BenchRun): Promise<readonly Figure[]> {
  if (!HAS_NATS) {
    bench.leaveOut('anywhere', 'nats-server is not installed')
    return []
  }
  const stopping = new AbortController()
  const stop = () => stopping.abort()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop)
  const sessions = Number(process.env['TIKMETER_BENCH_SESSIONS'] ?? DEFAULT_SESSIONS)
  try {
    const place = await Place.create({ sessions, say: bench.say }, stopping.signal)
    let wrong: readonly string[] | undefined
    try {
      const measured = await new AnywhereRun(place, bench.say, stopping.signal).run()
      wrong = wrongIn(measured)
      for (const it of wrong) bench.fail(it)
      for (const it of measured.live.different.slice(0, EXAMPLES)) bench.say(`differs: ${it}`)
      return figuresOf(place, measured)
    } finally {
      await place.stop()
      if (wrong?.length === 0 || stopping.signal.aborted) await place.stage.removeFolder()
      else bench.say(`logs and configs: ${place.stage.folder}`)
    }
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, stop)
  }
}

/** What makes the bench fail. */
function wrongIn(measured: Measured): readonly string[] {
  const { downMs, upMs, equalMs, falsehoods, honest, lists, comparison, exitCodes } = measured
  return [
    ...(downMs === undefined || downMs > DOWN_WITHIN_S * 1_000 ? ['the bus was not reported as down'] : []),
    ...(upMs === undefined ? ['the bus did not come back'] : []),
    ...(equalMs === undefined ? ['not all daemons came to show the truth'] : []),
    ...falsehoods.slice(0, EXAMPLES),
    ...honest.lies.slice(0, EXAMPLES),
    ...lists.faults.slice(0, EXAMPLES),
    ...(comparison.differences.length > 0 ? ['the record is not what was read'] : []),
    ...(exitCodes.some(it => it !== 0) ? [`the daemons ended with ${exitCodes.join(', ')}`] : []),
  ]
}

function figuresOf(place: Place, measured: Measured): readonly Figure[] {
  const { begin, end, ages, live, truth, lists, honest } = measured
  const [large = ''] = place.stage.tenants
  const tookMs = end.atMs - begin.atMs
  const cores = (process: keyof typeof end.cpuMs) => (end.cpuMs[process] - begin.cpuMs[process]) / tookMs
  const all = cores('daemon') + cores('postgres') + cores('fleet') + cores('bench') + measured.natsMs / tookMs
  const seconds = (ms: number | undefined) => (ms ?? Number.NaN) / 1_000
  const none: Goal = { atMost: 0 }
  const figure = (metric: string, value: number, unit: string, goal?: Goal): Figure => ({
    ...{ name: ANYWHERE.name, metric, value, unit },
    ...(goal && { goal }),
  })
  const newAge: Goal = { atMost: INTERVAL_MS + 500 }
  return [
    figure('sessions of the large tenant', truth.get(large)?.sessions.size ?? 0, ''),
    figure('daemons that read it', place.readersOf(large), '', { atLeast: READERS, atMost: READERS }),
    figure('its subscribers at several daemons', truth.get(large)?.acrossDaemons ?? 0, '', { atLeast: 1 }),
    figure(`live: ${DAEMONS} daemons`, cores('daemon'), 'cores'),
    ...end.daemonsMs.map((ms, at) =>
      figure(`live: of these daemon ${at + 1}`, (ms - (begin.daemonsMs[at] ?? 0)) / tookMs, 'cores'),
    ),
    figure('live: nats-server', measured.natsMs / tookMs, 'cores'),
    figure('live: postgres', cores('postgres'), 'cores'),
    figure('live: all processes', all, 'cores'),
    figure('live: others on this machine', Math.max(0, cores('machine') - all), 'cores'),
    figure(`live: RSS of ${DAEMONS} daemons`, end.residentBytes / 1e6, 'MB'),
    figure('live: intervals of a tenant compared', live.intervals, ''),
    figure('live: intervals that differ', live.different.length, '', none),
    figure('live: age at the reader, p99', percentile(ages.here, 0.99), 'ms', newAge),
    figure('live: age at the others, p99', percentile(ages.elsewhere, 0.99), 'ms', newAge),
    figure('live: age at the others, worst', percentile(ages.elsewhere, 1), 'ms'),
    figure('live: later than at the reader, p99', percentile(ages.later, 0.99), 'ms', { atMost: 500 }),
    figure('outage: until all say down', seconds(measured.downMs), 's', { atMost: DOWN_WITHIN_S }),
    figure('outage: oldest reading shown', seconds(measured.oldestMs), 's', {
      atMost: (2 * COMMIT_MS + INTERVAL_MS) / 1_000,
    }),
    figure('snapshots checked for honesty', honest.checked, ''),
    figure('snapshots ahead of the truth, or older than they say', honest.lies.length, '', none),
    figure('back: until all say up', seconds(measured.upMs), 's'),
    figure('quiet: until all daemons show the truth', seconds(measured.equalMs), 's', {
      atMost: (2 * INTERVAL_MS + 500) / 1_000,
    }),
    figure('quiet: snapshots compared with the truth', measured.quiet, ''),
    figure('quiet: snapshots that differ from it', measured.falsehoods.length, '', none),
    figure('lists of sessions that were complete', lists.firstMs.length + lists.othersMs.length, ''),
    figure('lists that were not', lists.faults.length, '', none),
    figure('until the large list was complete, slowest', seconds(percentile(lists.firstMs, 1)), 's'),
    figure('until another list was complete, slowest', seconds(percentile(lists.othersMs, 1)), 's'),
    figure('difference of the record', Number(differenceOf(measured.comparison)), 'bytes', none),
  ]
}
