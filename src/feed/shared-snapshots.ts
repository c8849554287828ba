import type { TenantId } from '../accounting/ids.ts'
import type { SessionJson, Snapshot, Totals } from '../live/snapshot.ts'
import type { SnapshotSource } from './frames.ts'

/** Makes a tenant's snapshot once per moment, for clients of both protocols. */
export class SharedSnapshots implements SnapshotSource {
  readonly #source: SnapshotSource
  #newest:
    | { readonly tenant: TenantId; readonly now: Date; readonly snapshot: Snapshot | undefined }
    | undefined

  constructor(source: SnapshotSource) {
    this.#source = source
  }

  tenants(): readonly TenantId[] {
    return this.#source.tenants()
  }

  /** @param now the same object for the same moment; equal times are not enough, as much may change in a millisecond */
  snapshot(tenant: TenantId, now: Date): Snapshot | undefined {
    const newest = this.#newest
    if (newest?.tenant === tenant && newest.now === now) return newest.snapshot
    const snapshot = this.#source.snapshot(tenant, now)
    this.#newest = { tenant, now, snapshot }
    return snapshot
  }

  totals(tenant: TenantId, now: Date): Totals | undefined {
    return this.#source.totals(tenant, now)
  }

  sessions(tenant: TenantId, now: Date): Iterable<SessionJson> | undefined {
    return this.#source.sessions(tenant, now)
  }
}
