import type { ClientBase } from 'pg'
import { type Installation, versionSchema } from '../pg/installation.ts'
import { readMigrations } from './migrations.ts'

/** Tables that every schema of ours has had. Other programs may have some of that name. */
const TABLES = ['tenants', 'routers', 'user_sessions', 'session_deltas', 'usage_daily', 'ledger_events']

/** What of it is there: the names of tables. */
const THERE = `select to_regclass('drizzle.__drizzle_migrations') is not null as has_record,
  array(select name from unnest($1::text[]) as t (name) where to_regclass('tik.' || name) is not null order by name) as tables,
  current_setting('search_path') as path`

/** Whether migrations are recorded, and whether our first one is among them. */
const RECORD = `select count(*) > 0 as has_any, coalesce(bool_or(created_at = $1), false) as has_ours
  from drizzle.__drizzle_migrations`

/**
 * Whether the tables that are there were made by other programs, or the wrong ones were found.
 * @returns what is wrong: a clause for a message; `undefined` if nothing is
 */
export async function strangeTables(
  client: ClientBase,
  { url, schema }: Installation,
): Promise<string | undefined> {
  const { rows } = await client.query<{ has_record: boolean; tables: string[]; path: string }>(THERE, [
    TABLES,
  ])
  const [there] = rows
  if (!there) return undefined
  const wanted = searchPathOf(url)
  if (schema === undefined && wanted !== undefined && wanted !== there.path)
    return `database.url sets the search path ${wanted}, and a pooler made it ${there.path}`
  const { has_record: hasRecord, tables } = there
  if (!hasRecord)
    return tables.length === 0 ? undefined : `another program has a table ${tables[0]} in the same schema`
  const [first] = readMigrations()
  const { rows: records } = await client.query<{ has_any: boolean; has_ours: boolean }>(RECORD, [
    first?.version,
  ])
  // Interrupted before the first migration was done.
  if (!records[0]?.has_any) return undefined
  if (!records[0].has_ours)
    return `another program has its migrations in ${versionSchema(schema)}.__drizzle_migrations`
  return tables.length === TABLES.length
    ? undefined
    : `the schema of the tables lacks some that were made (${TABLES.filter(it => !tables.includes(it)).join(', ')})`
}

/** The search path that a URL asks for in its `options`. */
function searchPathOf(url: string): string | undefined {
  const options = /[?&]options=([^&#]*)/.exec(url)?.[1]
  if (options === undefined) return undefined
  const text = decodeURIComponent(options.replaceAll('+', ' '))
  return /search_path=((?:\\.|[^\s\\])+)/.exec(text)?.[1]?.replaceAll(/\\(.)/g, '$1')
}
