import { groupBy } from '../../../../src/accounting/group-by.ts'
import { type RouterKey, type SessionId, type TenantId, tenantId } from '../../../../src/accounting/ids.ts'
import type { Pending } from '../../../../src/accounting/waiting/pending.ts'
import type { RouterCommit } from '../../../../src/recording/ports.ts'
import type { SyncedTenant } from '../../../../src/roster/ports.ts'
import { BUCKET_MS, SESSIONS_A_ROUTER, SteadyRouter, WAVES } from './steady-router.ts'

export interface FleetSize {
  readonly tenants: number
  readonly routers: number
  readonly sessionsARouter: number
}

/** Operators with ten routers each. */
export const USUAL: FleetSize = { tenants: 25, routers: 250, sessionsARouter: SESSIONS_A_ROUTER }
/** Operators with one small router each. */
export const SMALL: FleetSize = { tenants: 10_000, routers: 10_000, sessionsARouter: 20 }
export const SESSIONS = USUAL.routers * USUAL.sessionsARouter
const COMMIT_MS = 5_000
const LIMITS = { maxSessions: 20_000 }

/** Routers whose sessions have all grown at each commit, without other changes. */
export class SteadyFleet {
  readonly #routers: readonly SteadyRouter[]
  readonly #size: FleetSize
  #atMs: number

  /** @param nowMs readings start at the beginning of this bucket */
  constructor(nowMs: number, size = USUAL) {
    this.#atMs = Math.floor(nowMs / BUCKET_MS) * BUCKET_MS
    this.#size = size
    this.#routers = Array.from(
      { length: size.routers },
      (_, number) => new SteadyRouter(this.#tenantOf(number), number, size.sessionsARouter),
    )
  }

  get routers(): readonly SteadyRouter[] {
    return this.#routers
  }

  get tenants(): readonly SyncedTenant[] {
    return [...groupBy(this.#routers, it => it.tenant)].map(([tenant, own]) => {
      const routers = own.map(({ router }) => ({ id: router, name: router, host: '10.0.0.1' }))
      return { id: tenantId(tenant), name: tenant, timezone: 'UTC', routers }
    })
  }

  /** Router by router, in the order of commits. */
  get sessionIds(): readonly SessionId[] {
    return this.#routers.flatMap(it => it.sessionIds)
  }

  /** The logins of all sessions, one commit after the other. */
  *logins(epochs: ReadonlyMap<RouterKey, number>): Iterable<readonly RouterCommit[]> {
    for (let wave = 0; wave < WAVES; wave++)
      yield this.#commits(epochs, (router, atMs) => router.pendingOf(router.logins(wave, atMs)))
  }

  growth(epochs: ReadonlyMap<RouterKey, number>): readonly RouterCommit[] {
    return this.#commits(epochs, (router, atMs) => router.pendingOf(router.growth(atMs)))
  }

  /** Moves to the next bucket. */
  passBucketEdge(): void {
    this.#atMs = (Math.floor(this.#atMs / BUCKET_MS) + 1) * BUCKET_MS
  }

  #commits(
    epochs: ReadonlyMap<RouterKey, number>,
    pendingOf: (router: SteadyRouter, atMs: number) => Pending,
  ): readonly RouterCommit[] {
    this.#atMs += COMMIT_MS
    return this.#routers.map(it => {
      const { tenant, router } = it
      const epoch = epochs.get(it.key) ?? 0
      return { tenant, router, epoch, limits: LIMITS, pending: pendingOf(it, this.#atMs) }
    })
  }

  #tenantOf(router: number): TenantId {
    return tenantId(`tenant-${router % this.#size.tenants}`)
  }
}
