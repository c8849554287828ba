import type { PoolClient } from 'pg'
import { Partitions, weekOf } from '../../../../src/store/schema/partitions.ts'
import type { BenchPostgres } from '../commit/bench-postgres.ts'

export const TENANTS = 200
export const DAYS = 400
export const ENDED = 10_000_000
const OPEN_A_ROUTER = 250
/** Parts into which statements are split. */
const PARTS = 20
const DAY_MS = 86_400_000
/** Number of days with `session_deltas`. */
const DELTA_DAYS = 14

/**
 * Each tenant has one router. The first has about 700,000 sessions, the last 25,000; subscribers come as often, and
 * some far more often. Durations and sizes vary as in practice, from a minute to a day. Rows are inserted in the order
 * of time.
 */
const SESSIONS = `insert into user_sessions (id, tenant_id, router_id, service, protocol, username, mac_address,
    ip_address, router_session_id, status, start_time, last_seen_at, end_time, end_reason, data_upload, data_download,
    counter_upload, counter_download, login_earliest_at, login_latest_at, last_moved_at)
  select (lpad(to_hex((extract(epoch from started) * 1000)::int8), 12, '0') || '7' || substr(hash, 1, 3) || '8'
      || substr(hash, 4, 15))::uuid,
    'tenant-' || tenant, 'router-' || tenant, service, case service when 'ppp' then 'pppoe' else 'hotspot' end,
    service || '-' || tenant || '-' || subscriber, '02:00:00:00:00:01', '10.0.0.1', '0x81' || left(hash, 6),
    case when is_open then 'active' else 'ended' end, started, ended, case when not is_open then ended end,
    case when not is_open then 'logout' end, download / 9, download, download / 9, download,
    started - interval '1 second', started, ended
  from (
    select *, case subscriber % 2 when 0 then 'ppp' else 'hotspot' end as service,
      started + seconds * interval '1 second' as ended, (seconds * (1000 + 200000 * random() ^ 4))::int8 as download
    from (
      select n, tenant, is_open, started, md5(n::text || is_open) as hash,
        floor((4000 * (1 - sqrt(tenant / 200.0)) + 100) * random() ^ 1.5)::int as subscriber,
        least(60 * exp(4 * random() ^ 0.7 + 1.5 * random()), 86000) as seconds
      from ROWS
    ) as drawn
  ) as lived`

const endedRows = (part: number) => `(
  select n, floor(${TENANTS} * random() ^ 2)::int as tenant, false as is_open,
    now() - interval '${DAYS} days' + n * (interval '${DAYS - 1} days' / ${ENDED}) as started
  from generate_series(${(part * ENDED) / PARTS}, ${((part + 1) * ENDED) / PARTS - 1}) as n) as begun`

const OPEN_ROWS = `(
  select n, n % ${TENANTS} as tenant, true as is_open, now() - random() * interval '10 hours' as started
  from generate_series(0, ${TENANTS * OPEN_A_ROUTER - 1}) as n) as begun`

/** A session's bytes belong to the day on which it began. */
const DAILY = `insert into usage_daily
  select tenant_id, (start_time at time zone 'UTC')::date, router_id, service, username, sum(data_upload),
    sum(data_download)
  from user_sessions group by 1, 2, 3, 4, 5 order by 2, 1`

const TENANT_DAILY = `insert into tenant_usage_daily
  select tenant_id, day, router_id, service, sum(upload), sum(download) from usage_daily group by 1, 2, 3, 4 order by 2, 1`

/** Spread over quarters of an hour, the first of which has the remainder. */
const DELTAS = `insert into session_deltas (bucket_start, session_id, tenant_id, upload, download)
  select bucket, id, tenant_id, data_upload / buckets + case place when 1 then data_upload % buckets else 0 end,
    data_download / buckets + case place when 1 then data_download % buckets else 0 end
  from (
    select *, (1 + extract(epoch from date_bin('15 minutes', last_seen_at, 'epoch') - first) / 900)::int8 as buckets
    from (
      select id, tenant_id, data_upload, data_download, last_seen_at,
        date_bin('15 minutes', start_time, 'epoch') as first
      from user_sessions where start_time >= now() - interval '${DELTA_DAYS} days'
    ) as recent
  ) as divided, generate_series(1, buckets) as place,
  lateral (select first + (place - 1) * interval '15 minutes' as bucket) as buckets
  order by 1`

/** Takes some minutes and some gigabytes. */
export async function fillHistory(postgres: BenchPostgres, say: (line: string) => void): Promise<void> {
  const client = await postgres.database.pool.connect()
  try {
    await client.query(
      `set statement_timeout = 0; set work_mem = '256MB'; set maintenance_work_mem = '512MB'`,
    )
    await client.query('select setseed(0.5)')
    await withoutIndexes(client, 'user_sessions', async () => {
      for (let part = 0; part < PARTS; part++) {
        await client.query(SESSIONS.replace('ROWS', endedRows(part)))
        if (part % 5 === 4) say(`${((part + 1) * ENDED) / PARTS} ended sessions`)
      }
      await client.query(SESSIONS.replace('ROWS', OPEN_ROWS))
    })
    say('days')
    await withoutIndexes(client, 'usage_daily', () => client.query(DAILY))
    await client.query(TENANT_DAILY)
    say('buckets')
    const weeks = Array.from({ length: DELTA_DAYS + 2 }, (_, day) => weekOf(Date.now() - day * DAY_MS))
    await new Partitions(postgres.database.pool).ensure(new Set(weeks))
    await client.query(DELTAS)
    await client.query('update routers set position = 1000, last_reading_at = now()')
    await client.query(`insert into router_services
        (tenant_id, router_id, service, reading_at, steady_at, boot_earliest_at, boot_latest_at)
      select tenant_id, id, service, now(), now(), now() - interval '9 days', now() - interval '9 days'
      from routers cross join unnest(array['hotspot', 'ppp']) as service`)
    say('vacuum and analyze')
    await client.query('vacuum analyze')
    await postgres.checkpoint()
  } finally {
    // Its settings go with the connection.
    client.release(true)
  }
}

/** Fills a table without its indexes except the primary key, and creates them afterwards. */
async function withoutIndexes(
  client: PoolClient,
  table: string,
  fill: () => Promise<unknown>,
): Promise<void> {
  const { rows } = await client.query<{ name: string; definition: string }>(
    `select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition
     from pg_index where indrelid = $1::regclass and not indisprimary`,
    [table],
  )
  for (const { name } of rows) await client.query(`drop index ${name}`)
  await fill()
  for (const { definition } of rows) await client.query(definition)
}
