import type { Pool } from 'pg'
import { Partitions, weekOf } from '../../../src/store/schema/partitions.ts'
import { beginAs, makePartitionsAs } from '../../store/schema/old-schema.ts'

export interface Size {
  readonly sessions: number
  readonly deltas: number
}

const DAY_MS = 86_400_000
const DAYS = 90
export const TENANTS = 100
const ROUTERS_A_TENANT = 10
const PARALLEL = 2

/** SQL of the `n`th session's columns. */
export const ID = `('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid`
const TENANT = `'t' || n % ${TENANTS}`
const ROUTER = `'r' || n / ${TENANTS} % ${ROUTERS_A_TENANT}`
const SERVICE = `case when n % 2 = 0 then 'ppp' else 'hotspot' end`
const START = `date_trunc('day', now()) - (n % ${DAYS}) * interval '1 day'`

/** Indexes of the large tables are made after the rows, which takes a third of the time. */
const INDEXES = `select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as made from pg_index
  where indrelid in ('user_sessions'::regclass, 'usage_daily'::regclass, 'session_deltas'::regclass) and not indisprimary`

const KEY = `select conname as name, pg_get_constraintdef(oid) as key from pg_constraint
  where conrelid = 'session_deltas'::regclass and contype = 'p'`

/** Makes the tables of a schema in an empty database, and fills them with sessions of 90 days, a tenth of them open. */
export async function fillDatabase(pool: Pool, schema: string, { sessions, deltas }: Size): Promise<void> {
  await beginAs(schema, pool)
  const now = Date.now()
  const weeks = new Set<number>()
  for (let day = -1; day <= DAYS; day++) weeks.add(weekOf(now - day * DAY_MS))
  await makePartitionsAs(schema, pool, [...weeks])
  await fillSmallTables(pool)
  const { rows } = await pool.query<{ name: string; key: string }>(KEY)
  const [{ name, key } = { name: '', key: '' }] = rows
  await pool.query(`alter table session_deltas drop constraint ${name}`)
  const { rows: indexes } = await pool.query<{ name: string; made: string }>(INDEXES)
  for (const index of indexes) await pool.query(`drop index ${index.name}`)
  const each = Math.round(deltas / sessions)
  await inParts(sessions, numbers => fillSessions(pool, numbers))
  await inParts(sessions, numbers =>
    pool.query(`insert into session_deltas (session_id, bucket_start, tenant_id, upload, download)
      select ${ID}, ${START} + k * interval '15 minutes', ${TENANT}, 1000, 2000
      from ${numbers}, generate_series(0, ${each - 1}) as k`),
  )
  await pool.query(`alter table session_deltas add constraint ${name} ${key}`)
  // `on only`, as the index of a partitioned table is described, would leave the partitions out.
  for (const { made } of indexes) await pool.query(made.replace(' ON ONLY ', ' ON '))
  await pool.query('analyze')
  await new Partitions(pool).ensure(new Set([weekOf(now)]))
}

async function inParts(count: number, fill: (numbers: string) => Promise<unknown>): Promise<void> {
  const size = Math.ceil(count / PARALLEL)
  const parts = Array.from({ length: PARALLEL }, (_, part) => {
    return `generate_series(${part * size + 1}, ${Math.min(count, (part + 1) * size)}) as n`
  })
  await Promise.all(parts.map(fill))
}

async function fillSmallTables(pool: Pool): Promise<void> {
  await pool.query(`insert into tenants (id, name, timezone)
    select 't' || t, 'a tenant', 'Africa/Nairobi' from generate_series(0, ${TENANTS - 1}) as t`)
  const routers = `generate_series(0, ${TENANTS - 1}) as t, generate_series(0, ${ROUTERS_A_TENANT - 1}) as r`
  await pool.query(`insert into routers (tenant_id, id, name, host)
    select 't' || t, 'r' || r, 'a router', '10.0.0.1' from ${routers}`)
  await pool.query(`insert into tenant_usage_daily (tenant_id, day, router_id, service, upload, download)
    select 't' || t, current_date - d, 'r' || r, service, 1, 1
    from ${routers}, generate_series(0, 400) as d, unnest('{ppp,hotspot}'::text[]) as service`)
  await pool.query(`insert into ledger_events (tenant_id, router_id, at, kind, detail)
    select 't' || t, 'r' || r, now() - d * interval '1 day', 'reset', '{}' from ${routers}, generate_series(0, 400) as d`)
}

async function fillSessions(pool: Pool, numbers: string): Promise<void> {
  const { rowCount } = await pool.query(
    `select from pg_attribute where attrelid = 'user_sessions'::regclass and attname = 'stall_reported'`,
  )
  const [stall, stalled] =
    rowCount === 0 ? ['reported', '(n % 1000 = 0)::int'] : ['stall_reported', 'n % 1000 = 0']
  await pool.query(`insert into user_sessions (id, tenant_id, router_id, service, protocol, username, mac_address,
      ip_address, router_session_id, status, start_time, last_seen_at, end_time, end_reason, data_upload, data_download,
      login_earliest_at, login_latest_at, last_moved_at, ${stall})
    select ${ID}, ${TENANT}, ${ROUTER}, ${SERVICE}, 'pppoe', 'user' || n, 'AA:BB:CC:00:00:01', '10.0.0.1', '0x1',
      case when n % 10 = 0 then 'active' else 'ended' end, ${START}, ${START}, case when n % 10 <> 0 then ${START} end,
      case when n % 10 <> 0 then 'logout' end, 10000, 20000, ${START}, ${START}, ${START}, ${stalled}
    from ${numbers}`)
  await pool.query(`insert into usage_daily (tenant_id, day, router_id, service, username, upload, download)
    select ${TENANT}, current_date - n % ${DAYS}, ${ROUTER}, ${SERVICE}, 'user' || n, 10000, 20000 from ${numbers}`)
}
