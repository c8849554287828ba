import type { Bytes } from '../accounting/bytes.ts'
import type { GrownSum } from '../accounting/grown-rows.ts'
import type { RouterId, TenantId } from '../accounting/ids.ts'
import type { Service } from '../accounting/reading.ts'
import type { Column } from './binary-array.ts'
import { storableBytes, storableInstant } from './storable.ts'
import { namesOf, unnestStatement } from './unnest.ts'

const ADDED: readonly Column<GrownSum>[] = [
  { name: 'id', type: 'uuid', of: ({ session }) => session.id },
  { name: 'upload', type: 'int8', of: ({ upload }) => storableBytes(upload) },
  { name: 'download', type: 'int8', of: ({ download }) => storableBytes(download) },
]

const MOVED: readonly Column<GrownSum>[] = [
  { name: 'counter_upload', type: 'int8', of: ({ counterUpload }) => storableBytes(counterUpload) },
  { name: 'counter_download', type: 'int8', of: ({ counterDownload }) => storableBytes(counterDownload) },
  { name: 'last_moved_at', type: 'timestamptz', of: ({ lastMovedMs }) => storableInstant(lastMovedMs) },
]

const GROWN = [...ADDED, ...MOVED]

/** How many rows of each table there were. */
export interface Rows {
  readonly sessions: number
  readonly deltas: number
  readonly daily: number
}

const ADD = 'set upload = it.upload + by.upload, download = it.download + by.download'

/**
 * Adds what sessions have grown by to rows that are there already, which is what nearly every commit does with nearly
 * every session. All that the other tables want to know of a session is in its row. A subscriber comes but once.
 * Parameters beside the rows: the bucket and the day of all of them. It tells how many rows it has found;
 * `BEGIN_BUCKET` makes the others.
 */
export const GROW = unnestStatement(
  'tikmeter_grow',
  GROWN,
  rows => `with grown as (
      update user_sessions as it set data_upload = it.data_upload + by.upload,
        data_download = it.data_download + by.download, ${MOVED.map(({ name }) => `${name} = by.${name}`).join(', ')}
      from ${rows} as by (${namesOf(GROWN)}) where it.id = by.id
      returning it.id, it.tenant_id, it.router_id, it.service, it.username, by.upload, by.download
    ), deltas as (
      update session_deltas as it ${ADD} from grown as by
      where it.bucket_start = $7::timestamptz and it.session_id = by.id returning 1
    ), daily as (
      update usage_daily as it ${ADD} from grown as by where it.tenant_id = by.tenant_id and it.day = $8::date
        and it.router_id = by.router_id and it.service = by.service and it.username = by.username returning 1
    )
    select (select count(*) from grown)::int as sessions, (select count(*) from deltas)::int as deltas,
      (select count(*) from daily)::int as daily`,
)

/**
 * Makes the rows of a new bucket, or of a new day, that `GROW` did not find: where there is one, it has been added
 * to. Parameters beside the rows: the bucket and the day. It tells how many rows it has made.
 */
export const BEGIN_BUCKET = unnestStatement(
  'tikmeter_begin_bucket',
  ADDED,
  rows => `with grown as materialized (
      select it.id, it.tenant_id, it.router_id, it.service, it.username, by.upload, by.download
      from ${rows} as by (${namesOf(ADDED)}) join user_sessions as it on it.id = by.id
    ), deltas as (
      insert into session_deltas (bucket_start, session_id, tenant_id, upload, download)
      select $4::timestamptz, id, tenant_id, upload, download from grown on conflict do nothing returning 1
    ), daily as (
      insert into usage_daily (tenant_id, day, router_id, service, username, upload, download)
      select tenant_id, $5::date, router_id, service, username, upload, download from grown
      on conflict do nothing returning 1
    )
    select 0 as sessions, (select count(*) from deltas)::int as deltas, (select count(*) from daily)::int as daily`,
)

/** What all sessions of one service on one router have grown by on one day. */
export interface GrownService extends Bytes {
  readonly tenant: TenantId
  readonly router: RouterId
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
  rows => `insert into tenant_usage_daily as it (${namesOf(SERVICE)}) select * from ${rows} as by
    on conflict (${namesOf(SERVICE_KEY)}) do update
    set upload = it.upload + excluded.upload, download = it.download + excluded.download`,
)
