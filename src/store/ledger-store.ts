import type { ClientBase } from 'pg'
import { type RouterId, type RouterKey, routerKey, type TenantId } from '../accounting/ids.ts'
import type { Pending } from '../accounting/waiting/pending.ts'
import type {
  DiscardedReadings,
  LedgerStore as LedgerPort,
  RouterCommit,
  RouterRef,
  StoredDecision,
  StoredOtherRouter,
  StoredRollup,
  StoredRouter,
} from '../recording/ports.ts'
import type { Removed, RosterStore, SyncedTenant } from '../roster/ports.ts'
import type { Clock } from '../runtime/clock.ts'
import { applyCommits } from './commit/apply-commits.ts'
import type { CommitResult } from './commit/outcome.ts'
import { INSERT_EVENTS_ONCE } from './commit/router-statements.ts'
import { applySettingAside } from './commit/set-aside.ts'
import { readDecisions, readLastDecision } from './load/credits.ts'
import { loadLedgers } from './load/load-ledgers.ts'
import { readOtherRouters } from './load/other-routers.ts'
import { readRemoved } from './load/removed-routers.ts'
import { readRollups } from './load/rollups.ts'
import { writeConfig } from './load/sync-config.ts'
import type { Database } from './pg/database.ts'
import { asStoreError, DatabaseRefused } from './pg/errors.ts'
import { inTransaction } from './pg/transaction.ts'
import { runUnnest } from './pg/unnest.ts'
import { Partitions, weekOf } from './schema/partitions.ts'

export interface LedgerStoreOptions {
  readonly database: Database
  readonly clock: Clock
  /** The daemon's id, as in its leases. */
  readonly owner: string
  /** Buckets older than this are not written any more. */
  readonly deltasRetentionMs: number
}

/** So many routers' sessions are in memory twice while they are loaded. */
const ROUTERS_A_LOAD = 200

/** The ledgers in Postgres. Every method throws DatabaseUnavailable where there is no answer. */
export class LedgerStore implements LedgerPort, RosterStore {
  readonly #options: LedgerStoreOptions
  readonly #partitions: Partitions

  constructor(options: LedgerStoreOptions) {
    this.#options = options
    this.#partitions = new Partitions(options.database.pool)
  }

  /** Makes the rows of tenants and routers what the config says; before the first commit, and on every reload. */
  async syncConfig(tenants: readonly SyncedTenant[]): Promise<void> {
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

  /** What has left the config: all tenants, and those routers that have open sessions. */
  loadRemoved(): Promise<Removed> {
    return this.#ask('what left the config is not loaded', () => readRemoved(this.#options.database.pool))
  }

  /** What the live snapshots begin with: of these tenants' routers, or those of them that are given. */
  loadRollups(
    tenants: readonly TenantId[],
    routers: readonly RouterId[] | 'all',
  ): Promise<Map<TenantId, ReadonlyMap<RouterId, StoredRollup>>> {
    const { pool } = this.#options.database
    return this.#ask('rollups are not loaded', () => readRollups(pool, tenants, routers))
  }

  /**
   * How routers stand that are read by another daemon, or by nobody any more: all of these tenants but `here`.
   * @param known as they were read before; what has not moved since is returned as it is
   */
  loadOtherRouters(
    tenants: readonly TenantId[],
    here: ReadonlySet<RouterKey>,
    known: ReadonlyMap<RouterKey, StoredOtherRouter>,
  ): Promise<ReadonlyMap<TenantId, ReadonlyMap<RouterId, StoredOtherRouter>>> {
    const { pool } = this.#options.database
    return this.#ask('other routers are not loaded', () => readOtherRouters(pool, tenants, here, known))
  }

  /** Of the last decision on an event; 0 where there was none. */
  loadLastDecision(): Promise<number> {
    return this.#ask('decisions are not loaded', () => readLastDecision(this.#options.database.pool))
  }

  /** The next decisions after one, in their order; none where there is no more. */
  loadDecisions(after: number): Promise<readonly StoredDecision[]> {
    return this.#ask('decisions are not loaded', () => readDecisions(this.#options.database.pool, after))
  }

  /**
   * Writes all that waits of many routers in one transaction, and nothing of a router that is not ours any more.
   * Where the answer is an error, the same commits may be tried again: nothing is written twice. (The same, and not
   * more: what came since is a commit of its own.) Where the database refuses the data, the batch is halved until
   * only the routers concerned are left, and of these what it refuses is set aside.
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
      if (batch.length === 1) return this.#commitSettingAside(only)
      const middle = Math.floor(batch.length / 2)
      const first = await this.commit(batch.slice(0, middle))
      return new Map([...first, ...(await this.commit(batch.slice(middle)))])
    }
  }

  /** Makes `ledger_events` of kind `discarded`, which takes no lease. After an error the same may be tried again. */
  async recordDiscarded(readings: readonly DiscardedReadings[]): Promise<void> {
    const events = readings.map(({ tenant, router, at, detail }) => {
      return { tenant, router, event: { kind: 'discarded', at, detail } } as const
    })
    await this.#ask('discarded readings are not recorded', () =>
      inTransaction(this.#options.database.pool, 'read committed', client =>
        runUnnest(client, INSERT_EVENTS_ONCE, events),
      ),
    )
  }

  async #ask<T>(whatIsNot: string, question: () => Promise<T>): Promise<T> {
    try {
      return await question()
    } catch (error) {
      throw asStoreError(whatIsNot, error)
    }
  }

  async #commitTogether(batch: readonly RouterCommit[]): Promise<CommitResult> {
    const { owner, clock } = this.#options
    const now = clock.now()
    const floorMs = this.#floorMs(now)
    return this.#write(batch, floorMs, client => applyCommits(client, owner, batch, now, floorMs))
  }

  async #commitSettingAside(commit: RouterCommit): Promise<CommitResult> {
    const { owner, clock } = this.#options
    const now = clock.now()
    const floorMs = this.#floorMs(now)
    try {
      return await this.#write([commit], floorMs, client =>
        applySettingAside(client, owner, commit, now, floorMs),
      )
    } catch (cause) {
      const error = asStoreError('commit failed', cause)
      if (!(error instanceof DatabaseRefused)) throw error
      return new Map([[routerKey(commit.tenant, commit.router), { kind: 'refused', reason: error.message }]])
    }
  }

  #floorMs(now: Date): number {
    return now.getTime() - this.#options.deltasRetentionMs
  }

  async #write(
    batch: readonly RouterCommit[],
    floorMs: number,
    apply: (client: ClientBase) => Promise<CommitResult>,
  ): Promise<CommitResult> {
    await this.#partitions.ensure(weeksIn(batch, floorMs))
    return inTransaction(this.#options.database.pool, 'read committed', apply)
  }
}

function weeksIn(batch: readonly RouterCommit[], floorMs: number): ReadonlySet<number> {
  const weeks = new Set<number>()
  for (const { pending } of batch)
    for (const bucketStartMs of bucketsOf(pending))
      if (bucketStartMs >= floorMs) weeks.add(weekOf(bucketStartMs))
  return weeks
}

function* bucketsOf(pending: Pending): Iterable<number> {
  const { inColumns } = pending
  for (const { shares } of (inColumns?.changed ?? pending.sessions).values()) yield* shares.keys()
  for (const rows of inColumns?.grown ?? []) for (const { startMs } of rows.buckets()) yield startMs
}
