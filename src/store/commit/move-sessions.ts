import { addBytes, type Bytes, NO_BYTES } from '../../accounting/bytes.ts'
import type { Move } from '../../accounting/entry.ts'
import type { SessionId, TenantId } from '../../accounting/ids.ts'
import { namesADay, OTHERS } from '../../accounting/limits/others.ts'
import type { RouterCommit } from '../../recording/ports.ts'
import { NAMES_NOBODY, type Naming, naming, type Scope } from '../pg/scope.ts'
import { storableBytes, storableLimit, storableText } from '../pg/storable.ts'

/*
 * Moves bytes that were committed for one session but belong to another of the same router and service, in the buckets
 * and days where they were written. Nothing goes below zero: if a day has less for the name than the session's buckets
 * (because the tenant's timezone was changed), all that it has moves. Sums by router do not change. A name without a row
 * has its bytes in `(others)`, and a name beyond the router's budget gets no row: see `daily-names.ts`.
 */

/** All buckets that the session can have: one for each minute, because the width may have been a minute. */
const BUCKETS = `select generate_series(
    to_timestamp(floor(extract(epoch from start_time) / 900) * 900), now() + interval '1 day', interval '1 minute'
  ) as bucket_start from tik.user_sessions where tenant_id = $5 and id = $1`

/**
 * Parameters: session from, session to, name of the latter, how many names the router may have on a day, the tenant and
 * its timezone.
 */
const moving = ({ key }: Naming) => `with it as (
      select tenant_id, router_id, service, username, $3::text as other
      from tik.user_sessions where tenant_id = $5 and id = $1
    ), taken as (
      delete from tik.session_deltas as d using (${BUCKETS}) as b
      where d.tenant_id = $5 and d.bucket_start = b.bucket_start and d.session_id = $1
      returning d.bucket_start, d.tenant_id, d.upload, d.download
    ), put as (
      insert into tik.session_deltas as d (session_id, bucket_start, tenant_id, upload, download)
      select $2, bucket_start, tenant_id, upload, download from taken
      on conflict (${key('bucket_start, session_id')})
      do update set upload = d.upload + excluded.upload, download = d.download + excluded.download
    ), days as (
      select (bucket_start at time zone $6)::date as day, sum(upload) as upload, sum(download) as download
      from taken group by 1
    ), found as (
      select u.*, it.other, o.username is null and it.other <> '${OTHERS}' as is_new,
        least(u.upload, d.upload)::bigint as moved_upload, least(u.download, d.download)::bigint as moved_download,
        (select coalesce(sum(names), 0) from tik.tenant_usage_daily as t
          where t.tenant_id = $5 and (t.day, t.router_id) = (u.day, u.router_id)) as names
      from days as d cross join it cross join lateral (
        select * from tik.usage_daily as u
        where u.tenant_id = $5 and (u.day, u.router_id, u.service) = (d.day, it.router_id, it.service)
          and u.username in (it.username, '${OTHERS}')
        order by u.username = it.username desc limit 1
      ) as u left join tik.usage_daily as o on o.tenant_id = $5 and (o.day, o.router_id, o.service, o.username)
        = (u.day, u.router_id, u.service, it.other)
      where it.username <> it.other
    ), named as (
      select *, case when is_new and names >= $4::int8 then '${OTHERS}' else other end as name from found
    ), moving as (
      select tenant_id, day, router_id, service, username, name, is_new and name = other as has_room,
        moved_upload as upload, moved_download as download
      from named where name <> username
    ), counted as (
      update tik.tenant_usage_daily as t set names = t.names + 1 from moving as m
      where m.has_room and t.tenant_id = $5 and (t.day, t.router_id, t.service) = (m.day, m.router_id, m.service)
    ), lowered as (
      update tik.usage_daily as u set upload = u.upload - m.upload, download = u.download - m.download from moving as m
      where u.tenant_id = $5 and (u.day, u.router_id, u.service, u.username)
        = (m.day, m.router_id, m.service, m.username)
    )
    insert into tik.usage_daily as u (tenant_id, day, router_id, service, username, upload, download)
    select tenant_id, day, router_id, service, name, upload, download from moving
    on conflict (tenant_id, day, router_id, service, username)
    do update set upload = u.upload + excluded.upload, download = u.download + excluded.download`

const MOVE = { name: 'tikmeter_move_session', text: moving(NAMES_NOBODY) }
const MOVE_OF = { name: 'tikmeter_move_session_of', text: moving(naming(5)) }

/** Parameter: tenant. */
const TIMEZONE = { name: 'tikmeter_timezone', text: 'select timezone from tik.tenants where id = $1' }

/** Sets a session's sums to 0, and returns what they were. Parameters: session, tenant. */
const EMPTY = {
  name: 'tikmeter_empty_session',
  text: `with it as (select id, data_upload, data_download from tik.user_sessions where id = $1 and tenant_id = $2 for update)
    update tik.user_sessions as s set data_upload = 0, data_download = 0 from it where s.id = it.id and s.tenant_id = $2
    returning it.data_upload as upload, it.data_download as download`,
}

/** Adds to a session's sums. Parameters: session, upload, download, tenant. */
export const FILL = {
  name: 'tikmeter_fill_session',
  text: `update tik.user_sessions set data_upload = data_upload + $2, data_download = data_download + $3
    where id = $1 and tenant_id = $4`,
}

/** What two sessions of a move have in common. */
interface MovedWithin {
  readonly tenant: TenantId
  /** The most names that the router may have on a day. */
  readonly mostNames: number
}

/** Bytes that a session gets once it has a row. */
export type Moved = Map<
  SessionId,
  MovedWithin & { readonly bytes: Bytes; readonly from: SessionId; readonly fromName: string }
>

/** Takes the bytes from their sessions. Called before anything of these commits is written. */
export async function moveSessions(scope: Scope, commits: readonly RouterCommit[]): Promise<Moved> {
  const moved: Moved = new Map()
  for (const { tenant, pending, limits } of commits)
    for (const move of pending.moves) {
      const to = pending.sessions.get(move.to)?.session.username
      const from = pending.sessions.get(move.from)?.session.username
      const within = { tenant, mostNames: storableLimit(namesADay(limits)) }
      if (to !== undefined && from !== undefined) await moveOne(scope, move, { to, from }, within, moved)
    }
  return moved
}

async function moveOne(
  scope: Scope,
  { from, to }: Move,
  names: { readonly to: string; readonly from: string },
  within: MovedWithin,
  moved: Moved,
): Promise<void> {
  await moveRows(scope, { from, to, name: names.to }, within)
  const { rows } = await scope.client.query<{ upload: string; download: string }>({
    ...EMPTY,
    values: [from, within.tenant],
  })
  const [row] = rows
  const committed = row
    ? { upload: storableBytes(Number(row.upload)), download: storableBytes(Number(row.download)) }
    : NO_BYTES
  // Plus what it would have got itself from an earlier move.
  const bytes = addBytes(committed, moved.get(from)?.bytes ?? NO_BYTES)
  moved.delete(from)
  const all = addBytes(bytes, moved.get(to)?.bytes ?? NO_BYTES)
  moved.set(to, { ...within, bytes: all, from, fromName: names.from })
}

/** Gives the bytes to their sessions, once all rows are written. If a row was refused, they go back where they were. */
export async function settleMoved(scope: Scope, moved: Moved): Promise<void> {
  for (const [to, { bytes, from, fromName, ...within }] of moved) {
    const fill = (session: SessionId) =>
      scope.client.query({ ...FILL, values: [session, bytes.upload, bytes.download, within.tenant] })
    const { rowCount } = await fill(to)
    if (rowCount) continue
    await moveRows(scope, { from: to, to: from, name: fromName }, within)
    await fill(from)
  }
}

/** Moves the rows of buckets and days. @param name the subscriber of the session that gets them */
async function moveRows(
  { client, tenants }: Scope,
  { from, to, name }: Move & { readonly name: string },
  { tenant, mostNames }: MovedWithin,
): Promise<void> {
  const { rows } = await client.query<{ timezone: string }>({ ...TIMEZONE, values: [tenant] })
  const values = [from, to, storableText(name), mostNames, tenant, rows[0]?.timezone]
  await client.query({ ...(tenants === undefined ? MOVE : MOVE_OF), values })
}
