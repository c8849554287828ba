import type { ClientBase } from 'pg'
import { addBytes, type Bytes, NO_BYTES } from '../../accounting/bytes.ts'
import type { Move } from '../../accounting/entry.ts'
import type { SessionId } from '../../accounting/ids.ts'
import { namesADay, OTHERS } from '../../accounting/limits/others.ts'
import type { RouterCommit } from '../../recording/ports.ts'
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
  ) as bucket_start from user_sessions where id = $1`

/** Parameters: session from, session to, name of the latter, how many names the router may have on a day. */
const MOVE = {
  name: 'tikmeter_move_session',
  text: `with it as (
      select s.tenant_id, s.router_id, s.service, s.username, t.timezone, $3::text as other
      from user_sessions as s join tenants as t on t.id = s.tenant_id where s.id = $1
    ), taken as (
      delete from session_deltas as d using (${BUCKETS}) as b
      where d.bucket_start = b.bucket_start and d.session_id = $1
      returning d.bucket_start, d.tenant_id, d.upload, d.download
    ), put as (
      insert into session_deltas as d (session_id, bucket_start, tenant_id, upload, download)
      select $2, bucket_start, tenant_id, upload, download from taken
      on conflict (bucket_start, session_id)
      do update set upload = d.upload + excluded.upload, download = d.download + excluded.download
    ), days as (
      select (bucket_start at time zone it.timezone)::date as day, sum(upload) as upload, sum(download) as download
      from taken cross join it group by 1
    ), found as (
      select u.*, it.other, o.username is null and it.other <> '${OTHERS}' as is_new,
        least(u.upload, d.upload)::bigint as moved_upload, least(u.download, d.download)::bigint as moved_download,
        (select coalesce(sum(names), 0) from tenant_usage_daily as t
          where (t.tenant_id, t.day, t.router_id) = (u.tenant_id, u.day, u.router_id)) as names
      from days as d cross join it cross join lateral (
        select * from usage_daily as u
        where (u.tenant_id, u.day, u.router_id, u.service) = (it.tenant_id, d.day, it.router_id, it.service)
          and u.username in (it.username, '${OTHERS}')
        order by u.username = it.username desc limit 1
      ) as u left join usage_daily as o on (o.tenant_id, o.day, o.router_id, o.service, o.username)
        = (u.tenant_id, u.day, u.router_id, u.service, it.other)
      where it.username <> it.other
    ), named as (
      select *, case when is_new and names >= $4::int8 then '${OTHERS}' else other end as name from found
    ), moving as (
      select tenant_id, day, router_id, service, username, name, is_new and name = other as has_room,
        moved_upload as upload, moved_download as download
      from named where name <> username
    ), counted as (
      update tenant_usage_daily as t set names = t.names + 1 from moving as m
      where m.has_room and (t.tenant_id, t.day, t.router_id, t.service) = (m.tenant_id, m.day, m.router_id, m.service)
    ), lowered as (
      update usage_daily as u set upload = u.upload - m.upload, download = u.download - m.download from moving as m
      where (u.tenant_id, u.day, u.router_id, u.service, u.username)
        = (m.tenant_id, m.day, m.router_id, m.service, m.username)
    )
    insert into usage_daily as u (tenant_id, day, router_id, service, username, upload, download)
    select tenant_id, day, router_id, service, name, upload, download from moving
    on conflict (tenant_id, day, router_id, service, username)
    do update set upload = u.upload + excluded.upload, download = u.download + excluded.download`,
}

/** Sets a session's sums to 0, and returns what they were. Parameter: session. */
const EMPTY = {
  name: 'tikmeter_empty_session',
  text: `with it as (select id, data_upload, data_download from user_sessions where id = $1 for update)
    update user_sessions as s set data_upload = 0, data_download = 0 from it where s.id = it.id
    returning it.data_upload as upload, it.data_download as download`,
}

/** Adds to a session's sums. Parameters: session, upload, download. */
export const FILL = {
  name: 'tikmeter_fill_session',
  text: `update user_sessions set data_upload = data_upload + $2, data_download = data_download + $3 where id = $1`,
}

/** Bytes that a session gets once it has a row. */
export type Moved = Map<
  SessionId,
  {
    readonly bytes: Bytes
    readonly from: SessionId
    readonly fromName: string
    /** The most names that the router may have on a day. */
    readonly mostNames: number
  }
>

/** Takes the bytes from their sessions. Called before anything of these commits is written. */
export async function moveSessions(client: ClientBase, commits: readonly RouterCommit[]): Promise<Moved> {
  const moved: Moved = new Map()
  for (const { pending, limits } of commits)
    for (const move of pending.moves) {
      const to = pending.sessions.get(move.to)?.session.username
      const from = pending.sessions.get(move.from)?.session.username
      if (to !== undefined && from !== undefined)
        await moveOne(client, move, { to, from, mostNames: storableLimit(namesADay(limits)) }, moved)
    }
  return moved
}

async function moveOne(
  client: ClientBase,
  { from, to }: Move,
  names: { readonly to: string; readonly from: string; readonly mostNames: number },
  moved: Moved,
): Promise<void> {
  const { mostNames, from: fromName } = names
  await client.query({ ...MOVE, values: [from, to, storableText(names.to), mostNames] })
  const { rows } = await client.query<{ upload: string; download: string }>({ ...EMPTY, values: [from] })
  const [row] = rows
  const committed = row
    ? { upload: storableBytes(Number(row.upload)), download: storableBytes(Number(row.download)) }
    : NO_BYTES
  // Plus what it would have got itself from an earlier move.
  const bytes = addBytes(committed, moved.get(from)?.bytes ?? NO_BYTES)
  moved.delete(from)
  moved.set(to, { bytes: addBytes(bytes, moved.get(to)?.bytes ?? NO_BYTES), from, fromName, mostNames })
}

/** Gives the bytes to their sessions, once all rows are written. If a row was refused, they go back where they were. */
export async function settleMoved(client: ClientBase, moved: Moved): Promise<void> {
  for (const [to, { bytes, from, fromName, mostNames }] of moved) {
    const values = [bytes.upload, bytes.download]
    const { rowCount } = await client.query({ ...FILL, values: [to, ...values] })
    if (rowCount) continue
    await client.query({ ...MOVE, values: [to, from, storableText(fromName), mostNames] })
    await client.query({ ...FILL, values: [from, ...values] })
  }
}
