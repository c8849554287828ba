import { type RouterKey, routerKey, type TenantId } from '../accounting/ids.ts'
import type { Clock } from '../runtime/clock.ts'
import { applyCommits } from './apply-commits.ts'
import type { CommitResult } from './commit-outcome.ts'
import type { Database } from './database.ts'
import { loadLedgers, type RouterRef, type StoredRouter } from './load-ledgers.ts'
import { Partitions, weekOf } from './partitions.ts'
import { findRollupFaults, type RollupFault, readRollups, type StoredRollup } from './rollups.ts'
import type { RouterCommit } from './router-statements.ts'
import { asStoreError, DatabaseRefused } from './store-error.ts'
import { type ConfiguredTenant, writeConfig } from './sync-config.ts'
import { inTransaction } from './transaction.ts'

export interface LedgerStoreOptions {
  readonly database: Database
  readonly clock: Clock
  /** Buckets older than this are not written any more. */
  readonly deltasRetentionMs: number
}

/** So many routers' sessions are in memory twice while they are loaded. */
const ROUTERS_A_LOAD = 200

/** The ledgers in Postgres. Every method throws DatabaseUnavailable where there is no answer. */
export class LedgerStore {
  readonly #options: LedgerStoreOptions
  readonly #partitions: Partitions

  constructor(options: LedgerStoreOptions) {
    this.#options = options
    this.#partitions = new Partitions(options.database.pool)
  }

  /** Makes the rows of tenants and routers what the config says; before the first commit, and on every reload. */
  async syncConfig(tenants: readonly ConfiguredTenant[]): Promise<void> {
    await this.#ask('the config is not in the database', () =>
      inTransaction(this.#options.database.pool, 'read committed', client => writeConfig(client, tenants)),
    )
  }

  /** Each router's ledgers as they were last committed; new ones for a router that never was. */
  load(routers: readonly RouterRef[]): Promise<Map<RouterKey, StoredRouter>> {
    return this.#ask('ledgers are not loaded', async () => {
      const stored = new Map<RouterKey, StoredRouter>()
      for (let from = 0; from < routers.length; from += ROUTERS_A_LOAD) {
        const part = routers.slice(from, from + ROUTERS_A_LOAD)
        const loaded = await this.#options.database.orm.transaction(tx => loadLedgers(tx, part), {
          isolationLevel: 'repeatable read',
          accessMode: 'read only',
        })
        for (const [key, router] of loaded) stored.set(key, router)
      }
      return stored
    })
  }

  /** What the live snapshots begin with. */
  loadRollups(tenants: readonly TenantId[]): Promise<Map<TenantId, StoredRollup>> {
    return this.#ask('rollups are not loaded', () => readRollups(this.#options.database.pool, tenants))
  }

  /** Tenants whose two daily tables differ: none, unless somebody else wrote them. */
  checkRollups(): Promise<readonly RollupFault[]> {
    return this.#ask('rollups are not checked', () => findRollupFaults(this.#options.database.pool))
  }

  /**
   * Writes all that waits of many routers in one transaction. Where the answer is an error, the same commits may be
   * tried again: nothing is written twice. (The same, and not more: what came since is a commit of its own.) Where
   * the database refuses the data, the batch is halved until only the routers concerned are left out.
   * @throws DatabaseUnavailable
   */
  async commit(batch: readonly RouterCommit[]): Promise<CommitResult> {
    try {
      return await this.#commitTogether(batch)
    } catch (cause) {
      this.#partitions.forget()
      const error = asStoreError('commit failed', cause)
      const [only] = batch
      if (!(error instanceof DatabaseRefused) || !only) throw error
      if (batch.length === 1)
        return new Map([[routerKey(only.tenant, only.router), { kind: 'refused', reason: error.message }]])
      const middle = Math.floor(batch.length / 2)
      const first = await this.commit(batch.slice(0, middle))
      return new Map([...first, ...(await this.commit(batch.slice(middle)))])
    }
  }

  async #ask<T>(whatIsNot: string, question: () => Promise<T>): Promise<T> {
    try {
      return await question()
    } catch (error) {
      throw asStoreError(whatIsNot, error)
    }
  }

  async #commitTogether(batch: readonly RouterCommit[]): Promise<CommitResult> {
    const { database, clock, deltasRetentionMs } = this.#options
    const floorMs = clock.now().getTime() - deltasRetentionMs
    await this.#partitions.ensure(weeksIn(batch, floorMs))
    return inTransaction(database.pool, 'read committed', client => applyCommits(client, batch, floorMs))
  }
}

function weeksIn(batch: readonly RouterCommit[], floorMs: number): ReadonlySet<number> {
  const weeks = new Set<number>()
  for (const { pending } of batch)
    for (const { shares } of pending.sessions.values())
      for (const { bucketStartMs } of shares.values())
        if (bucketStartMs >= floorMs) weeks.add(weekOf(bucketStartMs))
  return weeks
}
