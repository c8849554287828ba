import type { Bytes } from '../../accounting/bytes.ts'
import type { GrownSum } from '../../accounting/columns/grown-rows.ts'
import type { Service } from '../../accounting/reading.ts'
import type { RouterRef } from '../../recording/ports.ts'
import type { Column } from '../pg/binary-array.ts'
import { storableBytes, storableInstant, storableText } from '../pg/storable.ts'
import { namesOf, unnestStatement } from '../pg/unnest.ts'
import { ADD_NAMES, mostNamesColumn, namedDays, selectNamedDays } from './daily-names.ts'

/*
 * Growth is added to rows that exist, which is what nearly every commit does for nearly every session. If a statement
 * finds fewer rows than it was given, other statements insert those of a new bucket or a new day. All rows of one
 * statement are of one bucket and day, which is a separate parameter.
 */

export interface GrownRouter extends RouterRef {
  /** How many names it may have on a day. */
  readonly mostNames: number
}

/** The growth of one session in one bucket. */
export interface GrownShare {
  readonly router: GrownRouter
  readonly sum: GrownSum
}

const ID: Column<GrownShare> = { name: 'id', type: 'uuid', of: ({ sum }) => sum.session.id }

const ADDED: readonly Column<GrownShare>[] = [
  { name: 'upload', type: 'int8', of: ({ sum }) => storableBytes(sum.upload) },
  { name: 'download', type: 'int8', of: ({ sum }) => storableBytes(sum.download) },
]

const MOVED: readonly Column<GrownShare>[] = [
  { name: 'counter_upload', type: 'int8', of: ({ sum }) => storableBytes(sum.counterUpload) },
  { name: 'counter_download', type: 'int8', of: ({ sum }) => storableBytes(sum.counterDownload) },
  { name: 'last_moved_at', type: 'timestamptz', of: ({ sum }) => storableInstant(sum.lastMovedMs) },
]

const TENANT: Column<GrownShare> = { name: 'tenant_id', type: 'text', of: ({ router }) => router.tenant }

const SUBSCRIBER: readonly Column<GrownShare>[] = [
  TENANT,
  { name: 'router_id', type: 'text', of: ({ router }) => router.router },
  { name: 'service', type: 'text', of: ({ sum }) => sum.session.service },
  { name: 'username', type: 'text', of: ({ sum }) => storableText(sum.session.username) },
]

const IN_SESSIONS = [ID, ...ADDED, ...MOVED]
const IN_DELTAS = [ID, ...ADDED]
const NEW_DELTAS = [ID, TENANT, ...ADDED]
const IN_DAILY = [...SUBSCRIBER, ...ADDED]
const NEW_DAILY = [...SUBSCRIBER, mostNamesColumn<GrownShare>(({ router }) => router.mostNames), ...ADDED]

const ADD = 'set upload = it.upload + by.upload, download = it.download + by.download'

/*
 * Sessions and buckets are selected by one array of ids, so PostgreSQL can scan the index once and then use a hash join.
 * That is faster than a search for each row. But it plans for arrays of any length, assumes short ones, and would search
 * for each row.
 */
export const ALONG_INDEX = 'set local enable_nestloop = off'
export const BY_SEARCH = 'set local enable_nestloop = on'

export const GROW_SESSIONS = unnestStatement(
  'tikmeter_grow_sessions',
  IN_SESSIONS,
  (rows, tenants) => `update tik.user_sessions as it set data_upload = it.data_upload + by.upload,
      data_download = it.data_download + by.download, ${MOVED.map(({ name }) => `${name} = by.${name}`).join(', ')}
    from ${rows} as by (${namesOf(IN_SESSIONS)}) where ${tenants.planned('it.id = any($1)')} and it.id = by.id${tenants.and('it.tenant_id')}`,
)

export const GROW_DELTAS = unnestStatement(
  'tikmeter_grow_deltas',
  IN_DELTAS,
  (rows, tenants) => `update tik.session_deltas as it ${ADD} from ${rows} as by (${namesOf(IN_DELTAS)})
    where it.bucket_start = $${IN_DELTAS.length + 1}::timestamptz and ${tenants.planned('it.session_id = any($1)')}
      and it.session_id = by.id
      ${tenants.and('it.tenant_id')}`,
  1,
)

export const BEGIN_DELTAS = unnestStatement(
  'tikmeter_begin_deltas',
  NEW_DELTAS,
  rows => `insert into tik.session_deltas (bucket_start, session_id, tenant_id, upload, download)
    select $${NEW_DELTAS.length + 1}::timestamptz, * from ${rows} on conflict do nothing`,
  1,
)

/** Each subscriber occurs only once. */
export const GROW_DAILY = unnestStatement(
  'tikmeter_grow_daily',
  IN_DAILY,
  (rows, tenants) => `update tik.usage_daily as it ${ADD} from ${rows} as by (${namesOf(IN_DAILY)})
    where it.tenant_id = by.tenant_id and it.day = $${IN_DAILY.length + 1}::date and it.router_id = by.router_id
      and it.service = by.service and it.username = by.username${tenants.and('it.tenant_id')}`,
  1,
)

const DAY = 'tenant_id, day, router_id, service'

/** Inserts missing rows; names beyond a router's budget go to `(others)`. Returns `NamedDay`s of all new names. */
export const BEGIN_DAILY = unnestStatement(
  'tikmeter_begin_daily',
  NEW_DAILY,
  (rows, tenants) => `with wanted as (
      select $${NEW_DAILY.length + 1}::date as day, t.* from ${rows} as t (${namesOf(NEW_DAILY)})
    ), ${namedDays(tenants)}, daily as (
      insert into tik.usage_daily as it (${DAY}, username, upload, download)
      select ${DAY}, name, sum(upload), sum(download) from named where not is_known
      group by ${DAY}, name order by ${DAY}, name
      on conflict (${DAY}, username) do update
      set upload = it.upload + excluded.upload, download = it.download + excluded.download
    ), services as (
      insert into tik.tenant_usage_daily as t (${DAY}, upload, download, names, has_others)
      select ${DAY}, 0, 0, count(*) filter (where has_room), bool_or(is_beyond) from named where not is_known
      group by ${DAY} order by ${DAY}
      on conflict (${DAY}) do update set ${ADD_NAMES}
    )
    ${selectNamedDays('not is_known')}`,
  1,
)

/** The growth of all sessions of one service on one router on one day. */
export interface GrownService extends RouterRef, Bytes {
  readonly service: Service
  readonly day: string
}

const SERVICE_KEY: readonly Column<GrownService>[] = [
  { name: 'tenant_id', type: 'text', of: ({ tenant }) => tenant },
  { name: 'day', type: 'date', of: ({ day }) => day },
  { name: 'router_id', type: 'text', of: ({ router }) => router },
  { name: 'service', type: 'text', of: ({ service }) => service },
]

const SERVICE: readonly Column<GrownService>[] = [
  ...SERVICE_KEY,
  { name: 'upload', type: 'int8', of: ({ upload }) => storableBytes(upload) },
  { name: 'download', type: 'int8', of: ({ download }) => storableBytes(download) },
]

export const GROW_SERVICES = unnestStatement(
  'tikmeter_grow_services',
  SERVICE,
  rows => `insert into tik.tenant_usage_daily as it (${namesOf(SERVICE)}) select * from ${rows} as by
    on conflict (${namesOf(SERVICE_KEY)}) do update
    set upload = it.upload + excluded.upload, download = it.download + excluded.download`,
)
