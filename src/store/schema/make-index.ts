import type { ClientBase } from 'pg'
import type { IndexStep } from './migrations.ts'

/** Makes an index while commits go on, or on each partition of a partitioned table. May be repeated. */
export async function makeIndex(client: ClientBase, step: IndexStep): Promise<void> {
  const { rows: kinds } = await client.query<{ relkind: string }>(
    `select relkind from pg_class where oid = ('tik.' || $1::text)::regclass`,
    [step.table],
  )
  if (kinds[0]?.relkind !== 'p') return makeOn(client, step, step.table, step.name)
  const { rows: partitions } = await client.query<{ name: string }>(
    `select relname as name from pg_inherits join pg_class on pg_class.oid = inhrelid
     where inhparent = ('tik.' || $1::text)::regclass order by 1`,
    [step.table],
  )
  // The name that PostgreSQL would give it.
  for (const { name } of partitions) await makeOn(client, step, name, `${name}_${step.columns.join('_')}_idx`)
}

async function makeOn(client: ClientBase, step: IndexStep, table: string, name: string): Promise<void> {
  const { rows } = await client.query<{ is_valid: boolean }>(
    `select indisvalid as is_valid from pg_index where indexrelid = to_regclass('tik.' || $1::text)`,
    [name],
  )
  const [before] = rows
  if (before?.is_valid) return
  // An interruption leaves one behind that is kept up to date and used by nobody.
  if (before) await client.query(`drop index concurrently tik."${name}"`)
  const columns = step.columns.map(column => `"${column}"`).join(', ')
  await client.query(
    `create ${step.isUnique ? 'unique ' : ''}index concurrently "${name}" on tik."${table}" using btree (${columns})${step.rest}`,
  )
}
