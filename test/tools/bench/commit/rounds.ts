import { BareTable } from './bare-table.ts'
import type { BenchPostgres } from './bench-postgres.ts'
import { CommittedFleet } from './committed-fleet.ts'
import { type Cost, costOf } from './cost.ts'
import type { FreeRadius, RadiusCost } from './freeradius.ts'
import { HeapOnly } from './heap-only.ts'
import { SESSIONS_A_ROUTER } from './steady-router.ts'

const ROUNDS = 9
const WARM_UPS = 3
const EDGES = 3
/** Like the batches of the commit loop: whole routers, 2,500 sessions or slightly fewer. */
const ROUTERS_A_BATCH = 12
export const SESSIONS_A_BATCH = ROUTERS_A_BATCH * SESSIONS_A_ROUTER
const ONE_BY_ONE = 2_000
const PACKETS = 5_000

/** The costs of each way to write the same data, round by round. */
export interface Rounds {
  readonly ours: readonly Cost[]
  /** One plain table, one statement per transaction. */
  readonly together: readonly Cost[]
  /** The same, one row at a time. */
  readonly oneByOne: readonly Cost[]
  /** Empty if FreeRADIUS is not installed. */
  readonly radius: readonly RadiusCost[]
  /** First commits of a bucket, each of which inserts a row for every session. */
  readonly edges: readonly Cost[]
  /** With whole pages in the write-ahead log. */
  readonly afterCheckpoint: Cost
  readonly heapOnly: { readonly sessions: number; readonly all: number }
}

/** Runs all ways in turn on one server. */
export async function runRounds(
  postgres: BenchPostgres,
  radius: FreeRadius | undefined,
  say: (line: string) => void,
): Promise<Rounds> {
  const committed = await CommittedFleet.start(postgres)
  const bare = await BareTable.create(postgres)
  try {
    await postgres.database.pool.query('vacuum analyze')
    const ids = committed.fleet.sessionIds
    const commit = () => costOfCommit(postgres, committed)
    const update = () =>
      costOf(postgres, async () => {
        for (const part of batchesOf(ids, SESSIONS_A_BATCH)) await bare.updateTogether(part)
      })
    for (let round = 0; round < WARM_UPS; round++) {
      await commit()
      await update()
    }
    await postgres.checkpoint()
    const afterCheckpoint = await commit()
    await update()
    const heapOnly = new HeapOnly(postgres)
    await heapOnly.begin()
    const ours: Cost[] = []
    const together: Cost[] = []
    const oneByOne: Cost[] = []
    const updates: RadiusCost[] = []
    for (let round = 0; round < ROUNDS; round++) {
      ours.push(await commit())
      together.push(await update())
      oneByOne.push(await costOf(postgres, () => bare.updateOneByOne(ids.slice(0, ONE_BY_ONE)), ONE_BY_ONE))
      if (radius) updates.push(await radius.update(PACKETS))
      say(`round ${round + 1} of ${ROUNDS}`)
    }
    const edges: Cost[] = []
    for (let edge = 0; edge < EDGES; edge++) {
      committed.fleet.passBucketEdge()
      edges.push(await commit())
    }
    return {
      ours,
      together,
      oneByOne,
      radius: updates,
      edges,
      afterCheckpoint,
      heapOnly: await heapOnly.shares(),
    }
  } finally {
    bare.stop()
  }
}

async function costOfCommit(postgres: BenchPostgres, committed: CommittedFleet): Promise<Cost> {
  const batches = [...batchesOf(committed.growth(), ROUTERS_A_BATCH)]
  return costOf(postgres, async () => {
    for (const batch of batches) await committed.commit(batch)
  })
}

function* batchesOf<Item>(items: readonly Item[], size: number): Iterable<readonly Item[]> {
  for (let from = 0; from < items.length; from += size) yield items.slice(from, from + size)
}
