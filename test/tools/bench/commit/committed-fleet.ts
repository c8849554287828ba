import { groupBy } from '../../../../src/accounting/group-by.ts'
import type { RouterKey } from '../../../../src/accounting/ids.ts'
import type { RouterCommit } from '../../../../src/recording/ports.ts'
import { systemClock } from '../../../../src/runtime/clock.ts'
import { beginIncarnation } from '../../../../src/store/leases/incarnation.ts'
import { LeaseStore } from '../../../../src/store/leases/lease-store.ts'
import { LedgerStore } from '../../../../src/store/ledger-store.ts'
import type { BenchPostgres } from './bench-postgres.ts'
import { type FleetSize, SteadyFleet } from './steady-fleet.ts'

const OWNER = 'bench'
const LEASE_MS = 3_600_000
const RETENTION_MS = 90 * 86_400_000

/** A fleet whose sessions are in the database, written by the daemon's own store under its leases. */
export class CommittedFleet {
  readonly fleet: SteadyFleet
  readonly #store: LedgerStore
  readonly #epochs: ReadonlyMap<RouterKey, number>

  private constructor(fleet: SteadyFleet, store: LedgerStore, epochs: ReadonlyMap<RouterKey, number>) {
    this.fleet = fleet
    this.#store = store
    this.#epochs = epochs
  }

  static async start(
    { database }: Pick<BenchPostgres, 'database'>,
    size?: FleetSize,
  ): Promise<CommittedFleet> {
    const fleet = new SteadyFleet(Date.now(), size)
    const options = { database, clock: systemClock, owner: OWNER }
    const store = new LedgerStore({ ...options, deltasRetentionMs: RETENTION_MS })
    const incarnation = await beginIncarnation(database, OWNER, 'here')
    await store.syncConfig(fleet.tenants)
    const leases = new LeaseStore({ ...options, incarnation, durationMs: LEASE_MS, epochOf: () => 0 })
    const epochs = await leases.acquire(fleet.routers)
    const committed = new CommittedFleet(fleet, store, epochs)
    for (const commits of fleet.logins(epochs)) await committed.commit(commits)
    return committed
  }

  get slicesAtOnce(): number {
    return this.#store.slicesAtOnce
  }

  /** The commits of another reading of all sessions, place by place, as the commit loop has them. */
  growth(): readonly RouterCommit[] {
    const places = groupBy(this.fleet.growth(this.#epochs), ({ tenant }) => this.#store.placeOf(tenant))
    return [...places.values()].flat()
  }

  /** Commits in one transaction. @throws Error if any of it was not written */
  async commit(batch: readonly RouterCommit[]): Promise<void> {
    for (const [router, outcome] of await this.#store.commit(batch))
      if (outcome.kind !== 'committed' || outcome.setAside)
        throw new Error(`${router}: ${JSON.stringify(outcome)}`)
  }
}
