import type { TenantId } from '../accounting/ids.ts'
import type { SessionJson, Snapshot } from '../accounting/snapshot.ts'
import { encode } from './messages.ts'

/** A port: where the live numbers are. `undefined` for a tenant that isn't there. */
export interface SnapshotSource {
  /** Those of the config as it is now. */
  tenants(): readonly TenantId[]
  snapshot(tenant: TenantId, now: Date): Snapshot | undefined
  sessions(tenant: TenantId, now: Date): readonly SessionJson[] | undefined
}

export type Topic = 'snapshot' | 'sessions'

/** A topic's message of a tenant as it is now; `undefined` where there is nothing to show. */
export function frameOf(
  topic: Topic,
  tenant: TenantId,
  seq: number,
  source: SnapshotSource,
  now: Date,
): Buffer | undefined {
  switch (topic) {
    case 'snapshot': {
      const snapshot = source.snapshot(tenant, now)
      if (snapshot === undefined) return undefined
      const { asOf, stats, routers } = snapshot
      return encode({ type: 'snapshot', tenant, seq, as_of: asOf.toISOString(), stats, routers })
    }
    case 'sessions': {
      const sessions = source.sessions(tenant, now)
      if (sessions === undefined) return undefined
      return encode({ type: 'sessions', tenant, seq, as_of: now.toISOString(), sessions })
    }
    default:
      return topic satisfies never
  }
}
