import type { ClientBase } from 'pg'
import { versionSchema } from '../pg/installation.ts'

/** Which migrations were applied, and who may write. */
export interface SchemaVersion {
  /** The last migration that was applied completely; 0 if none was. */
  readonly applied: number
  /** The migration under way, and how many of its steps were done. */
  readonly migration: number
  readonly steps: number
  /** Daemons write only if they know this migration. */
  readonly writableSince: number
  /** Daemons that do not know this migration should stop: soon they can no longer write. */
  readonly announced: number
}

const IS_THERE = `select to_regclass('drizzle.__drizzle_migrations') is not null as is_applied,
  to_regclass('drizzle.tikmeter_schema') is not null as is_there`

/** The first two like drizzle's own migrator, which made them in databases of earlier releases. */
const TABLES = [
  `create table if not exists drizzle.__drizzle_migrations (
     id serial primary key, hash text not null, created_at bigint)`,
  `create table if not exists drizzle.tikmeter_schema (
     is_only boolean primary key default true check (is_only),
     migration bigint not null default 0,
     steps integer not null default 0,
     writable_since bigint not null,
     announced bigint not null default 0)`,
  `insert into drizzle.tikmeter_schema (writable_since)
     select coalesce(max(created_at), 0) from drizzle.__drizzle_migrations on conflict do nothing`,
]

/** Makes the tables that have the version. The caller has locked out other migrations. */
export async function makeVersionTables(client: ClientBase, schema: string | undefined): Promise<void> {
  const name = versionSchema(schema)
  // A user who may not create schemas may be given one.
  const { rowCount } = await client.query('select from pg_namespace where nspname = $1', [name])
  if (rowCount === 0) await client.query(`create schema if not exists "${name}"`)
  for (const statement of TABLES) await client.query(statement)
}

/** @returns `undefined` if the database has no tables of ours */
export async function loadVersion(client: Pick<ClientBase, 'query'>): Promise<SchemaVersion | undefined> {
  const { rows: tables } = await client.query<{ is_applied: boolean; is_there: boolean }>(IS_THERE)
  if (!tables[0]?.is_applied) return undefined
  const { rows } = await client.query<{ applied: string }>(
    'select coalesce(max(created_at), 0) as applied from drizzle.__drizzle_migrations',
  )
  const applied = Number(rows[0]?.applied)
  // Releases without that table knew of no migration that others can do without.
  if (!tables[0].is_there) return { applied, migration: 0, steps: 0, writableSince: applied, announced: 0 }
  const { rows: versions } = await client.query<
    Record<'migration' | 'writable' | 'announced' | 'steps', string>
  >(`select migration, steps, writable_since as writable, announced from drizzle.tikmeter_schema`)
  const [row] = versions
  return {
    ...{ applied, migration: Number(row?.migration ?? 0), steps: Number(row?.steps ?? 0) },
    ...{ writableSince: Number(row?.writable ?? applied), announced: Number(row?.announced ?? 0) },
  }
}
