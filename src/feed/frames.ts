import type { TenantId } from '../accounting/ids.ts'
import { type SessionJson, type Snapshot, statsOf, sumTotals, type Totals } from '../accounting/snapshot.ts'
import { encode } from './messages.ts'
import { statsFrame } from './pusher/stats-frame.ts'

/** A port: where the live numbers are. `undefined` for a tenant that isn't there. */
export interface SnapshotSource {
  /** Those of the config as it is now. */
  tenants(): readonly TenantId[]
  snapshot(tenant: TenantId, now: Date): Snapshot | undefined
  totals(tenant: TenantId, now: Date): Totals | undefined
  sessions(tenant: TenantId, now: Date): readonly SessionJson[] | undefined
}

/** What a message is about. `stats`: a snapshot's stats, for Pusher's clients. `system`: the sum over all tenants. */
export type Subject =
  | { readonly kind: 'snapshot' | 'sessions' | 'stats'; readonly tenant: TenantId }
  | { readonly kind: 'system' }

/** Where the newest message about it waits for a slow watcher. */
export function slotOf(subject: Subject): string {
  return subject.kind === 'system' ? subject.kind : `${subject.kind}/${subject.tenant}`
}

/** A subject's message as it is now; `undefined` where there is nothing to show. */
export function frameOf(
  subject: Subject,
  seq: number,
  source: SnapshotSource,
  now: Date,
): Buffer | undefined {
  switch (subject.kind) {
    case 'snapshot': {
      const snapshot = source.snapshot(subject.tenant, now)
      if (snapshot === undefined) return undefined
      const { asOf, stats, routers } = snapshot
      const { kind, tenant } = subject
      return encode({ type: kind, tenant, seq, as_of: asOf.toISOString(), stats, routers })
    }
    case 'sessions': {
      const sessions = source.sessions(subject.tenant, now)
      if (sessions === undefined) return undefined
      const { kind, tenant } = subject
      return encode({ type: kind, tenant, seq, as_of: now.toISOString(), sessions })
    }
    case 'stats': {
      const snapshot = source.snapshot(subject.tenant, now)
      return snapshot && statsFrame(subject.tenant, snapshot.stats)
    }
    case 'system': {
      const totals = source.tenants().flatMap(tenant => source.totals(tenant, now) ?? [])
      const stats = statsOf(sumTotals(totals), undefined, now)
      return encode({ type: 'system', seq, as_of: now.toISOString(), stats })
    }
    default:
      return subject satisfies never
  }
}
