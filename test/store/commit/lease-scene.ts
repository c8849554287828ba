import type { PoolClient } from 'pg'
import { expect } from 'vitest'
import type { RouterCommit } from '../../../src/recording/ports.ts'
import { applyCommits } from '../../../src/store/commit/apply-commits.ts'
import { scopeOf } from '../../../src/store/schema/layout.ts'
import { makePartitions } from '../../../src/store/schema/partitions.ts'
import { type LedgerScene, NOON, US } from '../pg/ledger-scene.ts'

/** Lets every lease expire. */
export async function expireAll({ database }: LedgerScene): Promise<void> {
  await database.pool.query(`update router_leases set expires_at = clock_timestamp() - interval '1 second'`)
}

/** Runs `meanwhile` during a transaction of the test, which others wait for; then the transaction ends. */
export async function during<T>(
  { database }: LedgerScene,
  begin: (client: PoolClient) => Promise<unknown>,
  how: 'commit' | 'rollback',
  meanwhile: () => Promise<T>,
): Promise<T> {
  const client = await database.pool.connect()
  try {
    await client.query('begin')
    await begin(client)
    return await meanwhile()
  } finally {
    await client.query(how)
    client.release()
  }
}

/** Runs `meanwhile` during a commit of ours that has done everything but end its transaction. */
export async function duringCommit<T>(
  scene: LedgerScene,
  batch: readonly RouterCommit[],
  how: 'commit' | 'rollback',
  meanwhile: () => Promise<T>,
): Promise<T> {
  await makePartitions(scene.database.pool, new Date(NOON))
  const layout = await scene.database.layout()
  const tenants = [...new Set(batch.map(({ tenant }) => tenant))]
  const apply = (client: PoolClient) =>
    applyCommits(scopeOf(layout, client, tenants), US, batch, new Date(NOON), 0)
  return during(scene, apply, how, meanwhile)
}

/** Waits until this many statements of a daemon wait for a lock. */
export async function untilWaiting({ ask }: LedgerScene, daemon: string, statements = 1): Promise<void> {
  const waiting = () =>
    ask(`select count(*)::int as n from pg_stat_activity
      where datname = current_database() and application_name = '${daemon}' and wait_event_type = 'Lock'`)
  await expect.poll(waiting, { interval: 10, timeout: 4_000 }).toEqual([{ n: statements }])
}
