import type { Session } from '../../accounting/session.ts'
import type { Share } from '../../accounting/spread.ts'
import type { RouterRef } from '../../recording/ports.ts'
import type { Column } from '../pg/binary-array.ts'
import { storableBytes, storableInstant, storableText } from '../pg/storable.ts'
import { namesOf, unnestStatement } from '../pg/unnest.ts'
import { ADD_NAMES, mostNamesColumn, namedDays, selectNamedDays } from './daily-names.ts'

/** Bytes of one session in one bucket, to add to the tables. */
export interface SessionShare extends RouterRef {
  readonly session: Pick<Session, 'id' | 'service' | 'username'>
  readonly share: Share
  /** How many names the router may have on a day. */
  readonly mostNames: number
}

const COLUMNS: readonly Column<SessionShare>[] = [
  { name: 'session_id', type: 'uuid', of: ({ session }) => session.id },
  { name: 'bucket_start', type: 'timestamptz', of: ({ share }) => storableInstant(share.bucketStartMs) },
  { name: 'tenant_id', type: 'text', of: ({ tenant }) => tenant },
  { name: 'day', type: 'date', of: ({ share }) => share.day },
  { name: 'router_id', type: 'text', of: ({ router }) => router },
  { name: 'service', type: 'text', of: ({ session }) => session.service },
  { name: 'username', type: 'text', of: ({ session }) => storableText(session.username) },
  mostNamesColumn(({ mostNames }) => mostNames),
  { name: 'upload', type: 'int8', of: ({ share }) => storableBytes(share.upload) },
  { name: 'download', type: 'int8', of: ({ share }) => storableBytes(share.download) },
]

/** The time from which on `session_deltas` gets buckets; the only parameter besides the rows. */
const FLOOR = `$${COLUMNS.length + 1}::timestamptz`

const ADD = 'do update set upload = t.upload + excluded.upload, download = t.download + excluded.download'
const DAY = 'tenant_id, day, router_id, service'

/**
 * Adds shares to all three tables in one statement, so that they cannot disagree. Rows of a router stay together, because
 * routers are committed as a whole. Buckets before the floor are past their retention: only the daily tables get them.
 * Names beyond a router's budget go to `(others)`; the statement returns the days with such names, as `NamedDay`s.
 */
export const ADD_SHARES = unnestStatement(
  'tikmeter_add_shares',
  COLUMNS,
  (rows, tenants) => `with share as materialized (
      select * from ${rows} as t (${namesOf(COLUMNS)})
    ), deltas as (
      insert into tik.session_deltas as t (session_id, bucket_start, tenant_id, upload, download)
      select session_id, bucket_start, tenant_id, upload, download from share where bucket_start >= ${FLOOR}
      on conflict (${tenants.key('session_id, bucket_start')}) ${ADD}
    ), wanted as (
      select ${DAY}, username, min(most_names) as most_names, sum(upload) as upload, sum(download) as download
      from share group by ${DAY}, username
    ), ${namedDays(tenants)}, daily as (
      insert into tik.usage_daily as t (${DAY}, username, upload, download)
      select ${DAY}, name, sum(upload), sum(download) from named group by ${DAY}, name order by ${DAY}, name
      on conflict (${DAY}, username) ${ADD}
    ), services as (
      insert into tik.tenant_usage_daily as t (${DAY}, upload, download, names, has_others)
      select ${DAY}, sum(upload), sum(download), count(*) filter (where has_room), bool_or(is_beyond)
      from named group by ${DAY} order by ${DAY}
      on conflict (${DAY}) ${ADD}, ${ADD_NAMES}
    )
    ${selectNamedDays('is_beyond')}`,
  1,
)
