import type { TenantId } from '../accounting/ids.ts'
import { type SessionJson, type Snapshot, statsOf, sumTotals, type Totals } from '../live/snapshot.ts'
import { encode, type ServerMessage } from './feed-messages.ts'
import { statsFrame } from './pusher/pusher-messages.ts'
import { textFrame } from './text-frame.ts'

/** The source of the live numbers. Returns `undefined` for unknown tenants. */
export interface SnapshotSource {
  /** The tenants of the current config. */
  tenants(): readonly TenantId[]
  snapshot(tenant: TenantId, now: Date): Snapshot | undefined
  totals(tenant: TenantId, now: Date): Totals | undefined
  /** Iterated in slices; much may change in between. */
  sessions(tenant: TenantId, now: Date): Iterable<SessionJson> | undefined
  /** Only if its numbers are those of certain moments: sets what is called when a tenant is shown as of another one. */
  whenShown?(call: (tenant: TenantId) => void): void
}

/** The subject of a message. `stats`: a snapshot's stats for Pusher. `system`: the sum over all tenants. */
export type Subject =
  | { readonly kind: 'snapshot' | 'sessions' | 'stats'; readonly tenant: TenantId }
  | { readonly kind: 'system' }

/** The outbox slot in which its newest message waits for a slow watcher. */
export function slotOf(subject: Subject): string {
  return subject.kind === 'system' ? subject.kind : `${subject.kind}/${subject.tenant}`
}

/** Sessions encoded per step, about a millisecond of work. */
const SESSIONS_TO_A_STEP = 200

/**
 * Makes the current message of a subject; `undefined` if there is nothing to show. Only sessions take more than one
 * step; between steps other work may run.
 */
export function* frameOf(
  subject: Subject,
  seq: number,
  source: SnapshotSource,
  now: Date,
): Generator<void, Buffer | undefined> {
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
      const head: ServerMessage = { type: kind, tenant, seq, as_of: now.toISOString(), sessions: [] }
      return yield* sessionsFrame(head, sessions)
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

/** @param head the message without sessions, which are its last member */
function* sessionsFrame(head: ServerMessage, sessions: Iterable<SessionJson>): Generator<void, Buffer> {
  const parts: string[] = []
  let step: SessionJson[] = []
  const write = () => parts.push(JSON.stringify(step).slice(1, -1))
  for (const session of sessions) {
    step.push(session)
    if (step.length < SESSIONS_TO_A_STEP) continue
    write()
    step = []
    yield
  }
  if (step.length > 0) write()
  return textFrame(`${JSON.stringify(head).slice(0, -2)}${parts.join(',')}]}`)
}
