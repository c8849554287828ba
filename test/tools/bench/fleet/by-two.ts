import type { Bench, BenchRun, Figure, Goal } from '../figure.ts'
import { numberText } from '../table.ts'
import { measureFleet, minutesToMeasure, SESSIONS_A_ROUTER } from './measured-fleet.ts'
import { outcomeOf, type Reported } from './outcome.ts'
import type { Measured } from './run.ts'

const DEFAULT_ROUTERS = 5_000
const NONE: Goal = { atMost: 0 }

/** What is printed of both runs, with the goals for a million sessions. All daemons of a run count together. */
const SHOWN: ReadonlyMap<string, Goal | undefined> = new Map<string, Goal | undefined>([
  ['all processes', undefined],
  ['daemon', undefined],
  ['postgres', undefined],
  ['fleet', undefined],
  ['others on this machine', undefined],
  ['polls', undefined],
  ['ticks missed', NONE],
  ['ticks 100 ms late', undefined],
  ['ticks 100 ms late, share', { atMost: 1 }],
  ['tick delay p99', undefined],
  ['event loop delay p99', undefined],
  ['event loop delay, worst', undefined],
  ['commit lag', { atMost: 5 }],
  ['RSS at start', undefined],
  ['RSS at end', { atMost: 1_300 }],
  ['difference', NONE],
  ['unread at a closed connection', undefined],
  ['tables with another sum', NONE],
  ['exit code of the daemon', NONE],
])

/**
 * Whether a fleet that is too large for one daemon is within reach of two, which share its routers. Both runs begin with
 * an empty database. `TIKMETER_BENCH_ROUTERS` makes the fleet smaller.
 */
export const BY_TWO: Bench = {
  name: 'fleet-1m-by-2',
  about: `${DEFAULT_ROUTERS} routers × ${SESSIONS_A_ROUTER} sessions at 5 s: one daemon, and then two that share them`,
  isLong: true,
  run,
}

async function run(bench: BenchRun): Promise<readonly Figure[]> {
  const minutes = minutesToMeasure()
  const routers = Number(process.env['TIKMETER_BENCH_ROUTERS'] ?? DEFAULT_ROUTERS)
  const alone = reportedOf(await measureFleet({ routers, daemons: 1 }, minutes, bench))
  // The second half takes long too, and may fail.
  for (const [metric, value, unit] of alone)
    bench.say(`1 daemon: ${metric}: ${value === undefined ? 'unknown' : numberText(value)} ${unit}`.trimEnd())
  const shared = reportedOf(await measureFleet({ routers, daemons: 2 }, minutes, bench))
  const before = new Map(alone.map(([metric, value]) => [metric, value]))
  return [
    ...alone.map(it => figureOf('1 daemon', it, undefined)),
    ...shared.map(it => figureOf('2 daemons', it, before.get(it[0]))),
  ].flatMap(it => it ?? [])
}

function reportedOf(measured: Measured): readonly Reported[] {
  const { begin, end } = measured
  const tookMs = end.atMs - begin.atMs
  const each = end.daemonsMs.map(
    (ms, index): Reported => [
      `of these daemon ${index + 1}`,
      (ms - (begin.daemonsMs[index] ?? 0)) / tookMs,
      'cores',
    ],
  )
  return outcomeOf(measured)
    .filter(([metric]) => SHOWN.has(metric))
    .flatMap(([metric, ...rest]): readonly Reported[] =>
      metric === 'daemon' ? [['all daemons', ...rest], ...each] : [[metric, ...rest]],
    )
}

/** @param before of one daemon, if it has the metric */
function figureOf(
  who: string,
  [metric, value, unit]: Reported,
  before: number | undefined,
): Figure | undefined {
  if (value === undefined) return undefined
  const goal = SHOWN.get(metric)
  return {
    ...{ name: BY_TWO.name, metric: `${who}: ${metric}`, value, unit },
    ...(before ? { reference: `one ${numberText(before)}`, ratio: value / before } : {}),
    ...(goal ? { goal: { of: 'value', ...goal } } : {}),
  }
}
