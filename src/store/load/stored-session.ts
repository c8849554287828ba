import { type SQL, sql } from 'drizzle-orm'
import { countedUpTo, type Mark } from '../../accounting/counting/mark.ts'
import { sessionId } from '../../accounting/ids.ts'
import type { Service } from '../../accounting/reading.ts'
import type { Session } from '../../accounting/session.ts'
import { storableBytes } from '../pg/storable.ts'
import { withStoredDoubts } from './stored-doubts.ts'

/** A row of the queries below; instants in milliseconds, and 8-byte numbers as text. */
export type SessionRow = {
  readonly tenant_id: string
  readonly router_id: string
  readonly id: string
  readonly service: Service
  readonly protocol: string
  readonly username: string
  readonly domain: string | null
  readonly server: string | null
  readonly mac_address: string | null
  readonly ip_address: string | null
  readonly router_session_id: string | null
  readonly caller_id: string | null
  readonly binding: string | null
  readonly start_ms: number
  readonly login_earliest_ms: number
  readonly login_latest_ms: number
  readonly counter_upload: string | null
  readonly counter_download: string | null
  readonly counted_since_ms: number | null
  readonly owed_from: 'login' | 'baseline' | null
  readonly data_upload: string
  readonly data_download: string
  readonly last_moved_ms: number
  readonly last_seen_ms: number
  readonly missed_ms: number | null
  readonly reported: number
  readonly doubts: unknown
  readonly device: string | null
}

/** A double is exact to the millisecond, and parsing it takes a fraction of the time of an instant's text. */
const msOf = (column: string) => sql.raw(`round(date_part('epoch', ${column}) * 1000)`)

const COLUMNS = sql`user_sessions.tenant_id, user_sessions.router_id, user_sessions.id, user_sessions.service, protocol, username,
    domain, server, mac_address, ip_address, router_session_id, caller_id, binding, ${msOf('start_time')} as start_ms,
    ${msOf('login_earliest_at')} as login_earliest_ms, ${msOf('login_latest_at')} as login_latest_ms,
    counter_upload, counter_download, ${msOf('counted_since')} as counted_since_ms, owed_from,
    data_upload, data_download, ${msOf('last_moved_at')} as last_moved_ms,
    ${msOf('last_seen_at')} as last_seen_ms, ${msOf('missed_at')} as missed_ms, reported, doubts, user_sessions.device`

/**
 * Selects all open sessions of some routers, in the order of their logins. Written by hand, because drizzle would take
 * longer to make rows of so many than everything else at the start.
 * @param isTheirs a condition on columns of `user_sessions`
 */
export function openSessions(isTheirs: SQL): SQL {
  return sql`select ${COLUMNS} from tik.user_sessions where status = 'active' and ${isTheirs} order by user_sessions.id`
}

const OF_SAME_SERVICE = sql`user_sessions.tenant_id = router_services.tenant_id
      and user_sessions.router_id = router_services.router_id and user_sessions.service = router_services.service`

/**
 * Selects sessions that ended because their router was removed, if no reading came since: they may still be there.
 * @param isTheirs a condition on columns of `router_services`
 */
export function removedSessions(isTheirs: SQL): SQL {
  return sql`select ${COLUMNS} from tik.router_services
    join tik.user_sessions on ${OF_SAME_SERVICE} and end_time = router_services.reading_at
    where status = 'ended' and end_reason = 'removed' and ${isTheirs} order by user_sessions.id`
}

/**
 * Selects sessions of away routers: they ended because another router answers at the address.
 * @param isTheirs a condition on columns of `router_services`
 */
export function awaySessions(isTheirs: SQL): SQL {
  return sql`select ${COLUMNS} from tik.router_services
    cross join lateral jsonb_to_recordset(router_services.device -> 'away') as away (at_ms double precision)
    join tik.user_sessions on ${OF_SAME_SERVICE} and end_time = to_timestamp(away.at_ms / 1000)
    where user_sessions.device is not null and ${isTheirs} order by user_sessions.id`
}

/**
 * Makes a session of the ledger from a row. Instants of the steady clock are anchored to the wall clock.
 * @throws DatabaseRefused if its doubts are not ours
 */
export function sessionOf(row: SessionRow): Session {
  const session = plainSession(row)
  return row.doubts === null ? session : withStoredDoubts(session, row.doubts)
}

function plainSession(row: SessionRow): Session {
  return {
    id: sessionId(row.id),
    service: row.service,
    protocol: row.protocol,
    username: row.username,
    domain: row.domain ?? undefined,
    server: row.server ?? undefined,
    macAddress: row.mac_address ?? undefined,
    ipAddress: row.ip_address ?? undefined,
    routerSessionId: row.router_session_id ?? undefined,
    callerId: row.caller_id ?? undefined,
    binding: row.binding ?? undefined,
    startMs: row.start_ms,
    login: { earliestMs: row.login_earliest_ms, latestMs: row.login_latest_ms },
    mark: markOf(row),
    recorded: bytesOf(row.data_upload, row.data_download),
    lastMovedMs: row.last_moved_ms,
    reported: row.reported,
    missed: row.missed_ms === null ? undefined : { lastSeenMs: row.last_seen_ms, goneMs: row.missed_ms },
    guessed: undefined,
    among: undefined,
  }
}

function markOf({ counter_upload, counter_download, counted_since_ms, owed_from }: SessionRow): Mark {
  const sinceMs = counted_since_ms ?? undefined
  if (counter_upload === null || counter_download === null)
    return { kind: 'owed', from: owed_from ?? 'baseline', sinceMs, shown: undefined }
  return { ...countedUpTo(bytesOf(counter_upload, counter_download)), sinceMs }
}

function bytesOf(upload: string, download: string) {
  return { upload: storableBytes(Number(upload)), download: storableBytes(Number(download)) }
}
