import type { ClientBase } from 'pg'
import { addBytes, type Bytes, NO_BYTES } from '../accounting/bytes.ts'
import type { Move } from '../accounting/entry.ts'
import type { SessionId } from '../accounting/ids.ts'
import type { RouterCommit } from './router-statements.ts'
import { storableBytes, storableText } from './storable.ts'

/*
 * Bytes that were committed for one session and are another's, of the same router and service: they move in the buckets
 * and on the days where they were written. Nothing goes below zero: a day that has less for the name than the session's
 * buckets tell (the tenant's timezone was changed) gives what it has. Sums by router stand.
 */

/** The session's buckets: every minute can be one, by the config of its time. */
const BUCKETS = `select generate_series(
    to_timestamp(floor(extract(epoch from start_time) / 900) * 900), now() + interval '1 day', interval '1 minute'
  ) as bucket_start from user_sessions where id = $1`

/** Parameters: from and to; the name that the other's days are under. */
const MOVE = {
  name: 'tikmeter_move_session',
  text: `with it as (
      select s.tenant_id, s.router_id, s.service, s.username, t.timezone
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
    ), moving as (
      select u.tenant_id, u.day, u.router_id, u.service, u.username,
        least(u.upload, d.upload)::bigint as upload, least(u.download, d.download)::bigint as download
      from days as d cross join it join usage_daily as u
        on (u.tenant_id, u.day, u.router_id, u.service, u.username)
          = (it.tenant_id, d.day, it.router_id, it.service, it.username)
      where it.username <> $3
    ), lowered as (
      update usage_daily as u set upload = u.upload - m.upload, download = u.download - m.download from moving as m
      where (u.tenant_id, u.day, u.router_id, u.service, u.username)
        = (m.tenant_id, m.day, m.router_id, m.service, m.username)
    )
    insert into usage_daily as u (tenant_id, day, router_id, service, username, upload, download)
    select tenant_id, day, router_id, service, $3, upload, download from moving
    on conflict (tenant_id, day, router_id, service, username)
    do update set upload = u.upload + excluded.upload, download = u.download + excluded.download`,
}

/** What the session has in all, which it has no longer. */
const EMPTY = {
  name: 'tikmeter_empty_session',
  text: `with it as (select id, data_upload, data_download from user_sessions where id = $1 for update)
    update user_sessions as s set data_upload = 0, data_download = 0 from it where s.id = it.id
    returning it.data_upload as upload, it.data_download as download`,
}

/** Parameters: session, upload, download. */
export const FILL = {
  name: 'tikmeter_fill_session',
  text: `update user_sessions set data_upload = data_upload + $2, data_download = data_download + $3 where id = $1`,
}

/** Bytes that a session is to get once it has a row. */
export type Moved = Map<
  SessionId,
  { readonly bytes: Bytes; readonly from: SessionId; readonly fromName: string }
>

/** Before anything of these commits is written. */
export async function moveSessions(client: ClientBase, commits: readonly RouterCommit[]): Promise<Moved> {
  const moved: Moved = new Map()
  for (const { pending } of commits)
    for (const move of pending.moves) {
      const to = pending.sessions.get(move.to)?.session.username
      const from = pending.sessions.get(move.from)?.session.username
      if (to !== undefined && from !== undefined) await moveOne(client, move, to, from, moved)
    }
  return moved
}

async function moveOne(
  client: ClientBase,
  { from, to }: Move,
  toName: string,
  fromName: string,
  moved: Moved,
): Promise<void> {
  await client.query({ ...MOVE, values: [from, to, storableText(toName)] })
  const { rows } = await client.query<{ upload: string; download: string }>({ ...EMPTY, values: [from] })
  const [row] = rows
  const committed = row
    ? { upload: storableBytes(Number(row.upload)), download: storableBytes(Number(row.download)) }
    : NO_BYTES
  // What it was to get itself, having no row yet.
  const bytes = addBytes(committed, moved.get(from)?.bytes ?? NO_BYTES)
  moved.delete(from)
  moved.set(to, { bytes: addBytes(bytes, moved.get(to)?.bytes ?? NO_BYTES), from, fromName })
}

/**
 * Once all rows of these commits are written. Where one was refused, the bytes stay where they were.
 */
export async function settleMoved(client: ClientBase, moved: Moved): Promise<void> {
  for (const [to, { bytes, from, fromName }] of moved) {
    const values = [bytes.upload, bytes.download]
    const { rowCount } = await client.query({ ...FILL, values: [to, ...values] })
    if (rowCount) continue
    await client.query({ ...MOVE, values: [to, from, storableText(fromName)] })
    await client.query({ ...FILL, values: [from, ...values] })
  }
}
