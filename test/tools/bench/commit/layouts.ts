import { createLogger } from '../../../../src/runtime/logger.ts'
import { Database } from '../../../../src/store/pg/database.ts'
import { migrate } from '../../../../src/store/pg/migrate.ts'
import { CITUS_URL, createOnAllNodes, dropOnAllNodes } from '../../../harness/postgres/citus.ts'
import { query } from '../../../harness/postgres/query.ts'
import type { BenchRun, Figure } from '../figure.ts'
import { median } from '../measure.ts'
import { BenchPostgres } from './bench-postgres.ts'
import { CommittedFleet } from './committed-fleet.ts'
import { SESSIONS_A_BATCH } from './rounds.ts'
import { type FleetSize, SMALL, USUAL } from './steady-fleet.ts'

const ROUNDS = 5
const WARM_UPS = 2
const CONNECTIONS = 8
/** In the cluster, and in one PostgreSQL of the same server beside it. */
const NAMES = { cluster: 'tikmeter_bench_cluster', whole: 'tikmeter_bench_whole' }

/** Commits of many small tenants; and, where there is a cluster, commits in it against one PostgreSQL of its version. */
export async function layoutFigures(bench: BenchRun, usual: number): Promise<readonly Figure[]> {
  const [small] = await ratesOf(SMALL, [withEmbedded], bench.say)
  const figures = [
    figure(SMALL, small ?? Number.NaN, { reference: sizeOf(USUAL), ratio: (small ?? 0) / usual }),
  ]
  if (CITUS_URL === undefined) {
    bench.leaveOut('commit in a cluster', 'TIKMETER_TEST_CITUS names no coordinator')
    return figures
  }
  for (const size of [USUAL, SMALL]) {
    const [whole = 0, cluster = 0] = await ratesOf(
      size,
      [withWhole(CITUS_URL), withCluster(CITUS_URL)],
      bench.say,
    )
    const against = { reference: 'one PostgreSQL of the same version', ratio: cluster / whole }
    const goal = size === USUAL ? { goal: { atLeast: 0.8 } } : {}
    figures.push({ ...figure(size, cluster, { ...against, ...goal }), metric: `${metricOf(size)}, in Citus` })
  }
  return figures
}

type Use = (database: Database) => Promise<void>
type Place = (use: Use) => Promise<void>

const withEmbedded: Place = async use => {
  const postgres = await BenchPostgres.start()
  try {
    await use(postgres.database)
  } finally {
    await postgres.stop()
  }
}

function withCluster(coordinator: string): Place {
  return async use => {
    await dropOnAllNodes(coordinator, NAMES.cluster)
    await createOnAllNodes(coordinator, NAMES.cluster)
    await during(coordinator, NAMES.cluster, use)
    await dropOnAllNodes(coordinator, NAMES.cluster)
  }
}

function withWhole(server: string): Place {
  return async use => {
    await query(server, `drop database if exists ${NAMES.whole} with (force)`)
    await query(server, `create database ${NAMES.whole}`)
    await during(server, NAMES.whole, use)
    await query(server, `drop database ${NAMES.whole} with (force)`)
  }
}

async function during(server: string, name: string, use: Use): Promise<void> {
  const url = Object.assign(new URL(server), { pathname: `/${name}` }).href
  await migrate({ url })
  const log = createLogger('warn')
  const database = new Database({ url, log, applicationName: 'bench', connections: CONNECTIONS })
  try {
    await use(database)
  } finally {
    await database.stop()
  }
}

/** The median rates of commits, in sessions a second, of places that take turns. */
async function ratesOf(
  size: FleetSize,
  places: readonly Place[],
  say: (line: string) => void,
): Promise<readonly number[]> {
  const fleets: CommittedFleet[] = []
  const rates = places.map((): number[] => [])
  const run = async (): Promise<void> => {
    const place = places[fleets.length]
    if (place)
      return place(async database => {
        fleets.push(await CommittedFleet.start({ database }, size))
        await database.pool.query('vacuum analyze')
        await run()
      })
    for (let round = -WARM_UPS; round < ROUNDS; round++) {
      for (const [at, fleet] of fleets.entries()) {
        const rate = await rateOf(fleet, size)
        if (round >= 0) rates[at]?.push(rate)
      }
      if (round >= 0) say(`${sizeOf(size)}: round ${round + 1} of ${ROUNDS}`)
    }
  }
  await run()
  return rates.map(median)
}

async function rateOf(fleet: CommittedFleet, size: FleetSize): Promise<number> {
  const growth = fleet.growth()
  const routers = Math.floor(SESSIONS_A_BATCH / size.sessionsARouter) * fleet.slicesAtOnce
  const startedMs = performance.now()
  for (let from = 0; from < growth.length; from += routers)
    await fleet.commit(growth.slice(from, from + routers))
  return (size.routers * size.sessionsARouter * 1_000) / (performance.now() - startedMs)
}

function figure(size: FleetSize, value: number, more: Partial<Figure>): Figure {
  return { name: 'commit', metric: metricOf(size), value, unit: 'sessions/s', ...more }
}

function metricOf(size: FleetSize): string {
  return `sessions committed, ${sizeOf(size)}`
}

function sizeOf({ tenants, routers, sessionsARouter }: FleetSize): string {
  return `${tenants} tenants of ${(routers / tenants) * sessionsARouter}`
}
