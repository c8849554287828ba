import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Pool } from 'pg'
import * as z from 'zod'
import { applyMigrations } from '../../../src/store/schema/apply-migrations.ts'
import { readMigrations } from '../../../src/store/schema/migrations.ts'
import { Partitions, partitionName, weekAfter } from '../../../src/store/schema/partitions.ts'

const MIGRATIONS = 'drizzle/migrations'
const JOURNAL = z.looseObject({ entries: z.array(z.looseObject({ tag: z.string() })) })
/** Each table after those it refers to. */
export const TABLES = [
  ...[
    'tenants',
    'routers',
    'router_services',
    'user_sessions',
    'session_deltas',
    'usage_daily',
    'tenant_usage_daily',
  ],
  ...['ledger_events', 'binding_counters', 'router_leases', 'event_decisions', 'daemons'],
]
/** The values of columns that no longer exist. */
export const ONCE: Readonly<Record<string, string>> = {
  stall_reported: '(reported & 1 <> 0)',
  ...Object.fromEntries(['hotspot', 'ppp'].flatMap(columnsOfService)),
}

/** Each service had its own columns in `routers`. */
function columnsOfService(service: string): readonly (readonly [string, string])[] {
  return ['reading_at', 'steady_at', 'boot_earliest_at', 'boot_latest_at', 'device'].map(name => [
    `${service}_${name}`,
    `(select ${name} from router_services as s
        where (s.tenant_id, s.router_id, s.service) = (routers.tenant_id, routers.id, '${service}'))`,
  ])
}

/** From here on partitions are made as they are today. */
const PARTITIONS_OF_TODAY = '0003_less_upkeep'

const journal = JOURNAL.parse(JSON.parse(readFileSync(join(MIGRATIONS, 'meta/_journal.json'), 'utf8')))

/** Earlier schemas, oldest first, each named by its last migration. */
export const SCHEMAS: readonly string[] = journal.entries.map(({ tag }) => tag)

/** Makes the tables of an earlier release, which did not say who may write them, in an empty database. */
export async function beginAs(schema: string, pool: Pool): Promise<void> {
  const client = await pool.connect()
  try {
    await applyMigrations(client, readMigrations().slice(0, SCHEMAS.indexOf(schema) + 1), undefined, () => {})
    await client.query('drop table drizzle.tikmeter_schema')
  } finally {
    client.release()
  }
}

/** The partitions of these weeks, as the release with that schema made them. */
export async function makePartitionsAs(schema: string, pool: Pool, weeks: readonly number[]): Promise<void> {
  if (SCHEMAS.indexOf(schema) >= SCHEMAS.indexOf(PARTITIONS_OF_TODAY))
    return new Partitions(pool).ensure(new Set(weeks))
  for (const week of weeks) {
    const [from, to] = [week, weekAfter(week)].map(ms => new Date(ms).toISOString())
    await pool.query(
      `create table ${partitionName(week)} (like session_deltas including all)
         with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05)`,
    )
    await pool.query(
      `alter table session_deltas attach partition ${partitionName(week)} for values from ('${from}') to ('${to}')`,
    )
  }
}

/** Fills a database with another one's rows: all tables and columns that it has. */
export async function copyRows(from: Pool, to: Pool): Promise<void> {
  for (const table of await tablesOf(to)) {
    const names = await writtenColumns(to, table)
    const columns = names.map(name => `"${name}"`).join(', ')
    const written = await writtenColumns(from, table)
    const values = names.map(name => (written.includes(name) ? `"${name}"` : `${ONCE[name]} as "${name}"`))
    const { rows } = await from.query<{ all: string }>(
      `select coalesce(json_agg(t), '[]')::text as all from (select ${values.join(', ')} from ${table}) as t`,
    )
    await to.query(
      `insert into ${table} (${columns}) overriding system value
         select ${columns} from json_populate_recordset(null::${table}, $1)`,
      [rows[0]?.all],
    )
  }
  await to.query(`select setval('ledger_events_id_seq', (select max(id) from ledger_events))`)
}

/** All rows of all tables, each as an object of its columns' texts. */
export async function allRows(pool: Pool): Promise<ReadonlyMap<string, readonly Row[]>> {
  const all = new Map<string, readonly Row[]>()
  for (const table of await tablesOf(pool)) {
    const { rows } = await pool.query<{ row: Row }>(`select to_jsonb(t) as row from ${table} as t order by t`)
    all.set(
      table,
      rows.map(({ row }) => row),
    )
  }
  return all
}

export type Row = Readonly<Record<string, unknown>>

/** The shape of all tables and partitions: columns, constraints, indexes, triggers, and storage options. */
export async function shapeOf(pool: Pool): Promise<readonly Row[]> {
  const { rows } = await pool.query<Row>(
    `select c.oid::regclass::text as table, c.relkind, pg_get_expr(c.relpartbound, c.oid) as bound,
       (select array_agg(option order by option) from unnest(c.reloptions) as option) as options,
       (select array_agg(concat_ws(' ', attname, format_type(atttypid, atttypmod), attnotnull, attidentity,
           attgenerated, pg_get_expr(adbin, adrelid)) order by attname)
         from pg_attribute left join pg_attrdef on (adrelid, adnum) = (attrelid, attnum)
         where attrelid = c.oid and attnum > 0 and not attisdropped) as columns,
       (select array_agg(pg_get_constraintdef(oid) order by pg_get_constraintdef(oid))
         from pg_constraint where conrelid = c.oid and contype <> 'n') as constraints,
       (select array_agg(pg_get_indexdef(indexrelid) order by pg_get_indexdef(indexrelid))
         from pg_index where indrelid = c.oid) as indexes,
       (select array_agg(concat(pg_get_triggerdef(pg_trigger.oid), prosrc) order by tgname)
         from pg_trigger join pg_proc on pg_proc.oid = tgfoid where tgrelid = c.oid and not tgisinternal) as triggers
     from pg_class as c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
     order by 1`,
  )
  return rows
}

/** Properties that change when an equal table is made again. */
export async function fingerprintOf(pool: Pool): Promise<readonly Row[]> {
  const { rows } = await pool.query<Row>(
    `select oid, relname, relfilenode, reloptions from pg_class
     where relnamespace in ('public'::regnamespace, 'drizzle'::regnamespace) order by oid`,
  )
  return rows
}

async function tablesOf(pool: Pool): Promise<readonly string[]> {
  const { rows } = await pool.query<{ name: string }>(
    'select name from unnest($1::text[]) with ordinality as t (name, n) where to_regclass(name) is not null order by n',
    [TABLES],
  )
  return rows.map(({ name }) => name)
}

async function writtenColumns(pool: Pool, table: string): Promise<readonly string[]> {
  const { rows } = await pool.query<{ name: string }>(
    `select attname as name from pg_attribute
     where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = ''`,
    [table],
  )
  return rows.map(({ name }) => name)
}
