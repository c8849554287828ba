import type { Pool } from 'pg'
import { systemClock } from '../../../../src/runtime/clock.ts'
import { LedgerStore } from '../../../../src/store/ledger-store.ts'
import { rollupFaultsIn } from '../../../store/housekeeping/rollup-faults.ts'
import { BenchPostgres } from '../commit/bench-postgres.ts'
import type { Bench, BenchRun, Figure } from '../figure.ts'
import { median, percentile } from '../measure.ts'
import { DaemonStarts } from './daemon-start.ts'
import { DAYS, ENDED, fillHistory, TENANTS } from './history.ts'
import { askerOf, QUESTIONS, type Question } from './questions.ts'

/** Questions per tenant, in turn. */
const ASKED = 5
const STARTS = 3
const RETENTION_MS = 90 * 86_400_000

export const QUERY: Bench = {
  name: 'query',
  about: `what dashboards and the start ask for, of ${ENDED} ended sessions in ${DAYS} days of ${TENANTS} tenants`,
  isLong: true,
  async run(bench) {
    const postgres = await BenchPostgres.start()
    try {
      const { database } = postgres
      const options = { database, clock: systemClock, owner: 'bench', deltasRetentionMs: RETENTION_MS }
      const store = new LedgerStore(options)
      await store.syncConfig(Array.from({ length: TENANTS }, (_, number) => tenantOf(store, number)))
      await fillHistory(postgres, bench.say)
      const figures: Figure[] = []
      for (const question of QUESTIONS) figures.push(...(await ask(bench, store, question)))
      figures.push(...(await wholeTables(store, database.pool)))
      return [...figures, await start(bench, postgres)]
    } finally {
      await postgres.stop()
    }
  },
}

function tenantOf(store: LedgerStore, number: number) {
  const { tenant, router } = askerOf(store, number)
  return {
    id: tenant,
    name: tenant,
    timezone: 'UTC',
    routers: [{ id: router, name: router, host: '127.0.0.1' }],
  }
}

/** Asks one question at a time, after each tenant has asked it once. */
async function ask(bench: BenchRun, store: LedgerStore, { what, ask }: Question): Promise<readonly Figure[]> {
  bench.say(what)
  const ms: number[] = []
  for (let round = 0; round <= ASKED; round++)
    for (let number = 0; number < TENANTS; number++) {
      const startedMs = performance.now()
      await ask(askerOf(store, number))
      if (round > 0) ms.push(performance.now() - startedMs)
    }
  return [
    { name: 'query', metric: `${what}, p50`, value: percentile(ms, 0.5), unit: 'ms' },
    {
      ...{ name: 'query', metric: `${what}, p99`, value: percentile(ms, 0.99), unit: 'ms' },
      goal: { atMost: 20 },
    },
  ]
}

/** The queries of the start for all routers at once, and the check that follows. */
async function wholeTables(store: LedgerStore, pool: Pool): Promise<readonly Figure[]> {
  const askers = Array.from({ length: TENANTS }, (_, number) => askerOf(store, number))
  const tenants = askers.map(({ tenant }) => tenant)
  return [
    await seconds('ledgers of all routers', () => store.load(askers)),
    await seconds('rollups of all tenants', () => store.loadRollups(tenants, 'all')),
    await seconds('daily tables compared, after the start', () => rollupFaultsIn(pool)),
  ]
}

async function seconds(metric: string, work: () => Promise<unknown>): Promise<Figure> {
  const startedMs = performance.now()
  await work()
  return { name: 'query', metric, value: (performance.now() - startedMs) / 1_000, unit: 's' }
}

async function start(bench: BenchRun, postgres: BenchPostgres): Promise<Figure> {
  bench.say('the daemon starts')
  const starts = await DaemonStarts.prepare(postgres.folder, postgres.url)
  const taken: number[] = []
  for (let turn = 0; turn < STARTS; turn++) taken.push(await starts.start())
  return {
    ...{ name: 'query', metric: 'the daemon’s start', value: median(taken), unit: 's' },
    goal: { atMost: 5 },
  }
}
