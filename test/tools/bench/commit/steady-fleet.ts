import { type RouterKey, type SessionId, type TenantId, tenantId } from '../../../../src/accounting/ids.ts'
import type { Pending } from '../../../../src/accounting/waiting/pending.ts'
import type { RouterCommit } from '../../../../src/recording/ports.ts'
import type { SyncedTenant } from '../../../../src/roster/ports.ts'
import { BUCKET_MS, SESSIONS_A_ROUTER, SteadyRouter, WAVES } from './steady-router.ts'

const TENANTS = 25
const ROUTERS = 250
export const SESSIONS = ROUTERS * SESSIONS_A_ROUTER
const COMMIT_MS = 5_000
const LIMITS = { maxSessions: 20_000 }

/** Routers whose sessions have all grown at each commit, without other changes. */
export class SteadyFleet {
  readonly #routers: readonly SteadyRouter[]
  #atMs: number

  /** @param nowMs readings start at the beginning of this bucket */
  constructor(nowMs: number) {
    this.#atMs = Math.floor(nowMs / BUCKET_MS) * BUCKET_MS
    this.#routers = Array.from({ length: ROUTERS }, (_, number) => new SteadyRouter(tenantOf(number), number))
  }

  get routers(): readonly SteadyRouter[] {
    return this.#routers
  }

  get tenants(): readonly SyncedTenant[] {
    return Array.from({ length: TENANTS }, (_, number) => {
      const id = tenantOf(number)
      const own = this.#routers.filter(it => it.tenant === id)
      const routers = own.map(({ router }) => ({ id: router, name: router, host: '10.0.0.1' }))
      return { id, name: id, timezone: 'UTC', routers }
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
}

function tenantOf(router: number): TenantId {
  return tenantId(`tenant-${router % TENANTS}`)
}
