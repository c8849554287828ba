import type { ClientBase } from 'pg'
import { routerId, sessionId, tenantId } from '../../accounting/ids.ts'
import type { Service } from '../../accounting/reading.ts'
import { FILL } from '../commit/move-sessions.ts'
import { ADD_SHARES, type SessionShare } from '../commit/share-statement.ts'
import { storableText } from '../pg/storable.ts'
import { runUnnest } from '../pg/unnest.ts'
import { layoutOf, scopeOf } from '../schema/layout.ts'
import { partitionName, weekOf } from '../schema/partitions.ts'
import { bytesIn, isDecidable } from './event-bytes.ts'

/** An operator's decision about an event's bytes. */
export interface EventDecision {
  /** The event's id, in digits. */
  readonly event: string
  readonly decision: 'accepted' | 'rejected'
  readonly reason: string
  readonly by: string
  /** The width of the bucket that accepted bytes go to, in milliseconds. */
  readonly bucketMs: number
}

export type DecisionOutcome =
  | {
      readonly kind: 'decided'
      readonly tenant: string
      readonly upload: bigint
      readonly download: bigint
      /** Who has the bytes now, and on which of the tenant's days; `undefined` if they were rejected. */
      readonly credited: { readonly username: string; readonly day: string } | undefined
    }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'already'; readonly decision: string; readonly by: string; readonly at: Date }
  | { readonly kind: 'undecidable'; readonly eventKind: string }
  /** Its detail has no count of bytes. */
  | { readonly kind: 'no_bytes' }
  /** It is about a router, not about a session. */
  | { readonly kind: 'no_session' }
  /** Its session is no longer kept, or never had a row. */
  | { readonly kind: 'session_gone' }
  /** The session would have more bytes than can be counted exactly. */
  | { readonly kind: 'too_many' }

type Uncreditable = Extract<DecisionOutcome, { kind: 'no_session' | 'session_gone' | 'too_many' }>

interface EventRow {
  readonly tenant_id: string
  readonly router_id: string
  readonly kind: string
  readonly session_id: string | null
  readonly upload: string | null
  readonly download: string | null
  readonly at_ms: string
  readonly day: string
}

interface CreditedSessionRow {
  readonly service: Service
  readonly username: string
  readonly data_upload: string
  readonly data_download: string
}

/** Any number that nothing else in the database uses. */
const DECISION_LOCK = 7_420_318_555
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const MOST = BigInt(Number.MAX_SAFE_INTEGER)

const FIND_DECISION = 'select decision, decided_by, decided_at from tik.event_decisions where event_id = $1'

const FIND_TENANT = `select e.tenant_id, t.timezone from tik.tenants as t
  join (select tenant_id from tik.ledger_events where id = $1) as e on e.tenant_id = t.id`

/** Parameters: event, tenant, the tenant's timezone. */
const FIND_EVENT = `select tenant_id, router_id, kind, detail ->> 'session_id' as session_id,
    ${bytesIn('detail', 'upload')} as upload, ${bytesIn('detail', 'download')} as download,
    floor(extract(epoch from at) * 1000)::text as at_ms, (at at time zone $3)::date::text as day
  from tik.ledger_events where id = $1 and tenant_id = $2 for key share`

const LOCK_ROUTER = 'select from tik.routers where tenant_id = $1 and id = $2 for no key update'

const LOCK_SESSION = `select service, username, data_upload, data_download from tik.user_sessions
  where id = $1 and tenant_id = $2 and router_id = $3 for update`

const HAS_PARTITION = `select from pg_inherits where inhrelid = to_regclass('tik.' || $1::text) and not inhdetachpending`

const ADD_DECISION = `insert into tik.event_decisions
    (event_id, tenant_id, router_id, at, kind, detail, decision, upload, download, day, username, reason, decided_by)
  select id, tenant_id, router_id, at, kind, detail, $2, $3, $4, $5, $6, $7, $8 from tik.ledger_events where id = $1 and tenant_id = $9`

/**
 * Decides on an event, once and for good, within the caller's transaction. Accepted bytes are added to all four usage
 * tables: to the event's session, and to the bucket and the tenant's day that the event is in. (Past the retention of
 * `session_deltas` there is no bucket, and only the other tables get them.)
 *
 * A lock allows one decision at a time in the whole database until it is committed, so decisions become visible in the
 * order of their ids.
 */
export async function decideEvent(client: ClientBase, asked: EventDecision): Promise<DecisionOutcome> {
  await client.query('select pg_advisory_xact_lock($1)', [DECISION_LOCK])
  const { rows: made } = await client.query<{ decision: string; decided_by: string; decided_at: Date }>(
    FIND_DECISION,
    [asked.event],
  )
  const [before] = made
  if (before)
    return { kind: 'already', decision: before.decision, by: before.decided_by, at: before.decided_at }
  const event = await findEvent(client, asked.event)
  if (!event) return { kind: 'unknown' }
  if (!isDecidable(event.kind)) return { kind: 'undecidable', eventKind: event.kind }
  const bytes = bytesOf(event)
  if (!bytes) return { kind: 'no_bytes' }
  const credit = asked.decision === 'accepted' ? await creditOf(client, event, bytes, asked) : undefined
  if (credit && 'kind' in credit) return credit
  if (credit) await addCredit(client, credit)
  const { day } = credit?.share ?? {}
  const { username } = credit?.session ?? {}
  const { reason, by } = asked
  await client.query(ADD_DECISION, [
    ...[asked.event, asked.decision, bytes.upload, bytes.download, day, username],
    ...[storableText(reason), storableText(by), event.tenant_id],
  ])
  const credited = credit && { username: credit.session.username, day: credit.share.day }
  return { kind: 'decided', tenant: event.tenant_id, ...bytes, credited }
}

/** Finds an event, and keeps it until the transaction ends. */
async function findEvent(client: ClientBase, id: string): Promise<EventRow | undefined> {
  const found = await client.query<{ tenant_id: string; timezone: string }>(FIND_TENANT, [id])
  const [of] = found.rows
  if (!of) return undefined
  const { rows } = await client.query<EventRow>(FIND_EVENT, [id, of.tenant_id, of.timezone])
  return rows[0]
}

interface EventBytes {
  readonly upload: bigint
  readonly download: bigint
}

function bytesOf({ upload, download }: EventRow): EventBytes | undefined {
  if (upload === null || download === null) return undefined
  const bytes = { upload: BigInt(upload), download: BigInt(download) }
  return bytes.upload + bytes.download > 0n ? bytes : undefined
}

/** Finds what to add for an event, and locks its router and session as a commit does. */
async function creditOf(
  client: ClientBase,
  event: EventRow,
  { upload, download }: EventBytes,
  { bucketMs }: EventDecision,
): Promise<SessionShare | Uncreditable> {
  const { tenant_id, router_id, session_id, day } = event
  if (session_id === null || !UUID.test(session_id)) return { kind: 'no_session' }
  await client.query(LOCK_ROUTER, [tenant_id, router_id])
  const { rows } = await client.query<CreditedSessionRow>(LOCK_SESSION, [session_id, tenant_id, router_id])
  const [session] = rows
  if (!session) return { kind: 'session_gone' }
  const { service, username, data_upload, data_download } = session
  if (BigInt(data_upload) + upload > MOST || BigInt(data_download) + download > MOST)
    return { kind: 'too_many' }
  const bucketStartMs = Math.floor(Number(event.at_ms) / bucketMs) * bucketMs
  return {
    tenant: tenantId(tenant_id),
    router: routerId(router_id),
    session: { id: sessionId(session_id), service, username },
    share: { bucketStartMs, day, upload: Number(upload), download: Number(download) },
    // Credited bytes always go to the subscriber's own row.
    mostNames: Number.POSITIVE_INFINITY,
  }
}

async function addCredit(client: ClientBase, credit: SessionShare): Promise<void> {
  const { session, share } = credit
  const partition = partitionName(weekOf(share.bucketStartMs))
  const { rowCount } = await client.query(HAS_PARTITION, [partition])
  const scope = scopeOf(await layoutOf(client), client, [credit.tenant])
  await runUnnest(scope, ADD_SHARES, [credit], [rowCount ? '-infinity' : 'infinity'])
  await client.query({ ...FILL, values: [session.id, share.upload, share.download, credit.tenant] })
}
