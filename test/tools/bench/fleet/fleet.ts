import type { Bench, BenchRun, Figure, Goal } from '../figure.ts'
import { type Aims, figuresOf } from './figures.ts'
import { measureFleet, minutesToMeasure, SESSIONS_A_ROUTER } from './measured-fleet.ts'
import type { Measured } from './run.ts'

/** Length of a run that is only a reference. */
const REFERENCE_MINUTES = 2

interface FleetBench {
  readonly name: string
  readonly routers: number
  readonly aims: Aims
}

/** Prototype figures are from performance.md, for reading without strings ("raw") if it has both. */
const FLEETS: readonly FleetBench[] = [
  {
    name: 'fleet-20k',
    routers: 100,
    aims: {
      goals: new Map<string, Goal>([...nothing('ticks missed', 'difference', 'tables with another sum')]),
      prototype: new Map(
        Object.entries({
          'all processes': 0.13,
          daemon: 0.05,
          fleet: 0.01,
          postgres: 0.02,
          'RSS at end': 115,
        }),
      ),
    },
  },
  {
    name: 'fleet-200k',
    routers: 1_000,
    aims: {
      goals: new Map<string, Goal>([
        ...nothing('ticks missed', 'ticks 100 ms late', 'difference', 'tables with another sum'),
        ['all processes', { atMost: 0.8 }],
        ['event loop delay p99', { atMost: 10 }],
        ['event loop delay, worst', { atMost: 60 }],
        ['reading to durable p99', { atMost: 300 }],
        ['RSS at end', { atMost: 450 }],
        ['RSS growth', { atMost: 5 }],
      ]),
      prototype: new Map(
        Object.entries({
          ...{ 'all processes': 0.32, daemon: 0.11, fleet: 0.05, postgres: 0.12, 'RSS at end': 311 },
          ...{ 'event loop delay p99': 7, 'event loop delay, worst': 39, 'reading to durable p99': 251 },
          ...{ 'journal, of a session reading': 8, 'WAL of a day': 245 },
        }),
      ),
    },
  },
  {
    name: 'fleet-1m',
    routers: 5_000,
    aims: {
      goals: new Map<string, Goal>([
        ...nothing('ticks missed', 'difference', 'tables with another sum'),
        ['all processes', { atMost: 1.6 }],
        ['ticks 100 ms late, share', { atMost: 1 }],
        ['commit lag', { atMost: 5 }],
        ['RSS at end', { atMost: 1_200 }],
      ]),
      prototype: new Map(
        Object.entries({
          ...{ 'all processes': 1.1, daemon: 0.3, fleet: 0.09, postgres: 0.66, 'RSS at end': 1_054 },
          ...{ 'event loop delay p99': 16, 'event loop delay, worst': 239, 'reading to durable p99': 436 },
          ...{ 'ticks 100 ms late, share': 2.6, 'journal, of a session reading': 8 },
        }),
      ),
    },
  },
]

function nothing(...metrics: readonly string[]): readonly [string, Goal][] {
  return metrics.map(metric => [metric, { atMost: 0 }])
}

/** The whole daemon with a whole fleet, its database and its clients, on this machine. */
export function fleetBenches(): readonly Bench[] {
  const done = new Map<string, Measured>()
  return FLEETS.map(fleet => ({
    name: fleet.name,
    about: `${fleet.routers} routers × ${SESSIONS_A_ROUTER} sessions at 5 s; the whole daemon, PostgreSQL and a client a tenant`,
    isLong: true,
    run: bench => run(fleet, bench, done),
  }))
}

/** @param done results so far, by name; the smallest fleet is the reference for the cost of a session */
async function run(
  fleet: FleetBench,
  bench: BenchRun,
  done: Map<string, Measured>,
): Promise<readonly Figure[]> {
  const minutes = minutesToMeasure()
  const [smallest] = FLEETS
  if (smallest && smallest !== fleet && !done.has(smallest.name)) {
    bench.say(`${smallest.name} first, to compare with`)
    done.set(smallest.name, await measureAlone(smallest, Math.min(minutes, REFERENCE_MINUTES), bench))
  }
  const reference = smallest === fleet ? undefined : done.get(smallest?.name ?? '')
  const measured = await measureAlone(fleet, minutes, bench)
  done.set(fleet.name, measured)
  return figuresOf(fleet.name, measured, fleet.aims, reference, bench.leaveOut)
}

function measureAlone({ routers }: FleetBench, minutes: number, bench: BenchRun): Promise<Measured> {
  return measureFleet({ routers, daemons: 1 }, minutes, bench)
}
