import { addBytes, type Bytes, NO_BYTES } from '../../accounting/bytes.ts'
import type { Session } from '../../accounting/session.ts'
import type { PendingSession } from '../../accounting/waiting/pending-session.ts'
import type { RouterCommit } from '../../recording/ports.ts'
import { storedDoubts } from '../load/stored-doubts.ts'
import type { Column } from '../pg/binary-array.ts'
import { storableBytes, storableInstant, storableText } from '../pg/storable.ts'
import { namesOf, unnestStatement } from '../pg/unnest.ts'

/** A row of `user_sessions` to write, with the bytes to add to it and to the other tables. */
export interface SessionChange extends PendingSession, Pick<RouterCommit, 'tenant' | 'router' | 'limits'> {
  /** The last reading that had the session, if it is open. */
  readonly readAt: Date
}

export function sumOf(shares: PendingSession['shares']): Bytes {
  let sum = NO_BYTES
  for (const share of shares.values()) sum = addBytes(sum, share)
  return sum
}

const text = (name: string, of: (session: Session) => string | undefined): Column<SessionChange> => ({
  name,
  type: 'text',
  of: ({ session }) => {
    const value = of(session)
    return value === undefined ? null : storableText(value)
  },
})

const instant = (name: string, of: (change: SessionChange) => number | undefined): Column<SessionChange> => ({
  name,
  type: 'timestamptz',
  of: change => {
    const ms = of(change)
    return ms === undefined ? null : storableInstant(ms)
  },
})

const bytes = (name: string, of: (session: Session) => number | undefined): Column<SessionChange> => ({
  name,
  type: 'int8',
  of: ({ session }) => {
    const value = of(session)
    return value === undefined ? null : storableBytes(value)
  },
})

const ID: Column<SessionChange> = { name: 'id', type: 'uuid', of: ({ session }) => session.id }

/** Columns that never change. */
const FIXED: readonly Column<SessionChange>[] = [
  { name: 'tenant_id', type: 'text', of: ({ tenant }) => tenant },
  { name: 'router_id', type: 'text', of: ({ router }) => router },
  text('service', it => it.service),
  text('protocol', it => it.protocol),
  text('server', it => it.server),
  text('mac_address', it => it.macAddress),
  text('router_session_id', it => it.routerSessionId),
  text('caller_id', it => it.callerId),
]

/** Columns that readings change. A login's window is widened to whole milliseconds, never narrowed. */
const MOVING: readonly Column<SessionChange>[] = [
  text('username', it => it.username),
  text('domain', it => it.domain),
  instant('start_time', ({ session }) => session.startMs),
  text('ip_address', it => it.ipAddress),
  text('binding', it => it.binding),
  instant('login_earliest_at', ({ session }) => Math.floor(session.login.earliestMs)),
  instant('login_latest_at', ({ session }) => Math.ceil(session.login.latestMs)),
  bytes('counter_upload', ({ mark }) => (mark.kind === 'counted' ? mark.counters.upload : undefined)),
  bytes('counter_download', ({ mark }) => (mark.kind === 'counted' ? mark.counters.download : undefined)),
  instant('counted_since', ({ session: { mark } }) => mark.sinceMs),
  text('owed_from', ({ mark }) => (mark.kind === 'owed' ? mark.from : undefined)),
  instant('last_moved_at', ({ session }) => session.lastMovedMs),
  { name: 'reported', type: 'int2', of: ({ session }) => session.reported },
  { name: 'doubts', type: 'jsonb', of: ({ session }) => storedDoubts(session) },
  instant('last_seen_at', ({ session, end, readAt }) =>
    end ? end.lastSeenAt.getTime() : (session.missed?.lastSeenMs ?? readAt.getTime()),
  ),
  instant('missed_at', ({ session, end }) => (end ? undefined : session.missed?.goneMs)),
  { name: 'status', type: 'text', of: ({ end }) => (end ? 'ended' : 'active') },
  instant('end_time', ({ end }) => end?.endTime.getTime()),
  { name: 'end_reason', type: 'text', of: ({ end }) => end?.reason ?? null },
  {
    name: 'device',
    type: 'text',
    of: ({ end }) => (end?.device === undefined ? null : storableText(end.device)),
  },
]

/**
 * Sums of the shares, which the other tables get as well. The session's own sum would include bytes that were set aside,
 * and the tables would disagree.
 */
const COUNTED: readonly Column<SessionChange>[] = [
  { name: 'data_upload', type: 'int8', of: ({ shares }) => storableBytes(sumOf(shares).upload) },
  { name: 'data_download', type: 'int8', of: ({ shares }) => storableBytes(sumOf(shares).download) },
]

const ALL = [ID, ...FIXED, ...MOVING, ...COUNTED]

export const INSERT_SESSIONS = unnestStatement(
  'tikmeter_insert_sessions',
  ALL,
  (rows, { end }) => `insert into tik.user_sessions (${namesOf(ALL)}) select * from ${rows}${end}`,
)

export const UPDATE_SESSIONS = unnestStatement(
  'tikmeter_update_sessions',
  [ID, ...MOVING, ...COUNTED],
  (
    rows,
    tenants,
  ) => `update tik.user_sessions as s set ${MOVING.map(({ name }) => `${name} = t.${name}`).join(', ')},
      ${COUNTED.map(({ name }) => `${name} = s.${name} + t.${name}`).join(', ')}
    from ${rows} as t (id, ${namesOf([...MOVING, ...COUNTED])}) where s.id = t.id
      ${tenants.and('s.tenant_id')}`,
)
