import pLimit from 'p-limit'
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
import type { CommitResult } from './commit/decide-outcome.ts'
import { INSERT_EVENTS_ONCE } from './commit/router-statements.ts'
import { applySettingAside } from './commit/set-aside.ts'
import { readDecisions, readLastDecision } from './load/load-decisions.ts'
import { loadLedgers } from './load/load-ledgers.ts'
import { readOtherRouters } from './load/load-other-routers.ts'
import { readListed, readRemoved } from './load/load-removed.ts'
import { readRollups } from './load/load-rollups.ts'
import { markRemoved, writeConfig } from './load/sync-config.ts'
import type { Database } from './pg/database.ts'
import { asking, asStoreError, DatabaseRefused } from './pg/errors.ts'
import type { Scope } from './pg/scope.ts'
import { inTransaction } from './pg/transaction.ts'
import { runUnnest } from './pg/unnest.ts'
import { type Layout, scopeOf } from './schema/layout.ts'
import { Partitions, weekOf } from './schema/partitions.ts'
import { TenantShards } from './schema/tenant-shards.ts'

export interface LedgerStoreOptions {
  readonly database: Database
  readonly clock: Clock
  /** The daemon's id, as in its leases. */
  readonly owner: string
  /** Buckets older than this are no longer written. */
  readonly deltasRetentionMs: number
}

/** Routers per transaction. While they are loaded, their sessions are in memory twice. */
const ROUTERS_A_LOAD = 200
/** In a cluster. Each has a connection. */
const TRANSACTIONS_AT_ONCE = 4

/** The ledgers in PostgreSQL. Every method throws DatabaseUnavailable if there is no answer. */
export class LedgerStore implements LedgerPort, RosterStore {
  readonly #options: LedgerStoreOptions
  readonly #partitions: Partitions
  readonly #shards: TenantShards

  constructor(options: LedgerStoreOptions) {
    this.#options = options
    this.#partitions = new Partitions(options.database.pool)
    this.#shards = new TenantShards(options.database.pool)
  }

  /**
   * Makes the rows of tenants and routers equal to the config, with what other daemons list. Called before the first
   * commit, and at each reload.
   */
  async syncConfig(tenants: readonly SyncedTenant[]): Promise<void> {
    const { database, owner: daemon } = this.#options
    await asking('the config is not written to the database', () =>
      inTransaction(database.pool, 'read committed', client => writeConfig(client, daemon, tenants)),
    )
  }

  /** Marks what no daemon lists any more as removed, and what one lists again as not removed. */
  async markRemoved(): Promise<void> {
    await asking('removed routers are not marked', () =>
      inTransaction(this.#options.database.pool, 'read committed', markRemoved),
    )
  }

  /** Loads each router's ledgers as they were last committed; a router that never was has none. */
  load(routers: readonly RouterRef[]): Promise<Map<RouterKey, StoredRouter>> {
    return asking('ledgers are not loaded', async () => {
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

  /** Finds which of these routers are not removed. */
  loadListed(routers: readonly RouterRef[]): Promise<ReadonlySet<RouterKey>> {
    return asking('listed routers are not loaded', () => readListed(this.#options.database.pool, routers))
  }

  /** Loads what is marked as removed: all tenants, and the routers that have open sessions. */
  loadRemoved(): Promise<Removed> {
    return asking('removed routers are not loaded', () => readRemoved(this.#options.database.pool))
  }

  /** Loads the sums that live snapshots start from, for all routers of these tenants, or for the given ones of them. */
  loadRollups(
    tenants: readonly TenantId[],
    routers: readonly RouterId[] | 'all',
  ): Promise<Map<TenantId, ReadonlyMap<RouterId, StoredRollup>>> {
    const { pool } = this.#options.database
    return asking('rollups are not loaded', () => readRollups(pool, tenants, routers))
  }

  /**
   * Loads all routers of these tenants except those in `here`: other daemons read them, or they were removed.
   * @param known as loaded before; a router that has not changed since is returned as the same object
   */
  loadOtherRouters(
    tenants: readonly TenantId[],
    here: ReadonlySet<RouterKey>,
    known: ReadonlyMap<RouterKey, StoredOtherRouter>,
  ): Promise<ReadonlyMap<TenantId, ReadonlyMap<RouterId, StoredOtherRouter>>> {
    const { pool } = this.#options.database
    return asking('other routers are not loaded', () => readOtherRouters(pool, tenants, here, known))
  }

  /** Loads the id of the last decision on an event; 0 if there is none. */
  loadLastDecision(): Promise<number> {
    return asking('decisions are not loaded', () => readLastDecision(this.#options.database.pool))
  }

  /** Loads the next decisions after an id, in their order; empty if there are none. */
  loadDecisions(after: number): Promise<readonly StoredDecision[]> {
    return asking('decisions are not loaded', () => readDecisions(this.#options.database.pool, after))
  }

  /**
   * Writes what waits of many routers, in one transaction (in a cluster: one for each shard), and nothing of a router that is no longer ours. After an error
   * the same commits may be tried again, and nothing is written twice. They must be the same: what came since is a
   * commit of its own. If the database refuses the data, the batch is halved until only the routers concerned are left,
   * and the refused entries of these are set aside.
   * @throws DatabaseUnavailable
   */
  async commit(batch: readonly RouterCommit[]): Promise<CommitResult> {
    const parts = await asking('commit failed', async () =>
      (await this.#layout()) === 'whole' ? [batch] : this.#shards.partsOf(batch),
    )
    const limit = pLimit(TRANSACTIONS_AT_ONCE)
    const results = await Promise.all(parts.map(part => limit(() => this.#commitPart(part))))
    return new Map(results.flatMap(result => [...result]))
  }

  async #commitPart(batch: readonly RouterCommit[]): Promise<CommitResult> {
    try {
      return await this.#commitTogether(batch)
    } catch (cause) {
      this.#partitions.forget()
      this.#options.database.forgetLayout()
      const error = asStoreError('commit failed', cause)
      const [only] = batch
      if (!(error instanceof DatabaseRefused) || !only) throw error
      if (batch.length === 1) return this.#commitSettingAside(only)
      const middle = Math.floor(batch.length / 2)
      const first = await this.#commitPart(batch.slice(0, middle))
      return new Map([...first, ...(await this.#commitPart(batch.slice(middle)))])
    }
  }

  /** One PostgreSQL writes a slice at a time, a cluster several; until the layout is known, one. */
  get slicesAtOnce(): number {
    return this.#options.database.isDistributed ? TRANSACTIONS_AT_ONCE : 1
  }

  /** Tenants of one place are cheapest to commit together: in a cluster, those of a shard. */
  placeOf(tenant: TenantId): string {
    return this.#shards.of(tenant)
  }

  /** Records `ledger_events` of kind `discarded`, which needs no lease. After an error the same call may be repeated. */
  async recordDiscarded(readings: readonly DiscardedReadings[]): Promise<void> {
    const events = readings.map(({ tenant, router, at, detail }) => {
      return { tenant, router, event: { kind: 'discarded', at, detail } } as const
    })
    await asking('discarded readings are not recorded', async () => {
      const layout = await this.#layout()
      const tenants = [...new Set(events.map(({ tenant }) => tenant))]
      await inTransaction(this.#options.database.pool, 'read committed', client =>
        runUnnest(scopeOf(layout, client, tenants), INSERT_EVENTS_ONCE, events),
      )
    })
  }

  async #commitTogether(batch: readonly RouterCommit[]): Promise<CommitResult> {
    const { owner, clock } = this.#options
    const now = clock.now()
    const floorMs = this.#floorMs(now)
    return this.#write(batch, floorMs, scope => applyCommits(scope, owner, batch, now, floorMs))
  }

  async #commitSettingAside(commit: RouterCommit): Promise<CommitResult> {
    const { owner, clock } = this.#options
    const now = clock.now()
    const floorMs = this.#floorMs(now)
    try {
      return await this.#write([commit], floorMs, scope =>
        applySettingAside(scope, owner, commit, now, floorMs),
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
    apply: (scope: Scope) => Promise<CommitResult>,
  ): Promise<CommitResult> {
    await this.#partitions.ensure(weeksIn(batch, floorMs))
    const layout = await this.#layout()
    const tenants = [...new Set(batch.map(({ tenant }) => tenant))]
    return inTransaction(this.#options.database.pool, 'read committed', client =>
      apply(scopeOf(layout, client, tenants)),
    )
  }

  #layout(): Promise<Layout> {
    return this.#options.database.layout()
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
