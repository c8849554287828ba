import type { ClientBase } from 'pg'
import { systemClock } from '../../runtime/clock.ts'
import { LOCK_MS, retryingLocks } from './lock-retries.ts'
import { makeIndex } from './make-index.ts'
import type { Migration, Step } from './migrations.ts'
import { loadVersion, makeVersionTables } from './schema-version.ts'

/** A step of a migration that was done. */
export interface StepDone {
  /** The migration's name. */
  readonly tag: string
  /** Its number within the migration, from 1. */
  readonly step: number
  readonly kind: Step['kind']
  readonly tookMs: number
}

/** How long daemons that were told to stop have for their last readings and commits. */
const STOP_WITHIN_MS = 60_000
const LOOK_EVERY_MS = 500

/**
 * Applies the migrations that the database does not have, step by step. Each step is recorded when it is done, so after
 * an interruption the next call goes on there. The caller has locked out other migrations.
 *
 * Before the first step that older daemons cannot do without, they are told to stop, and may commit what waits. From that
 * step on their commits are refused.
 */
export async function applyMigrations(
  client: ClientBase,
  migrations: readonly Migration[],
  schema: string | undefined,
  onStep: (done: StepDone) => void,
): Promise<void> {
  await makeVersionTables(client, schema)
  const version = await loadVersion(client)
  const left = migrations.filter(it => it.version > (version?.applied ?? 0))
  for (const migration of left) {
    const from = version?.migration === migration.version ? version.steps : 0
    if (from === 0 && !migration.isCompatible) await announce(client, migration)
    for (const [number, step] of migration.steps.entries()) {
      if (number < from) continue
      const startMs = systemClock.steadyMs()
      await retryingLocks(client, () => runStep(client, migration, number, schema))
      const tookMs = systemClock.steadyMs() - startMs
      onStep({ tag: migration.tag, step: number + 1, kind: step.kind, tookMs })
    }
  }
}

async function runStep(
  client: ClientBase,
  migration: Migration,
  number: number,
  schema: string | undefined,
): Promise<void> {
  const step = migration.steps[number]
  if (!step) return
  switch (step.kind) {
    case 'transaction':
      return inStep(client, migration, number, [...searchPath(schema), ...step.statements])
    case 'index':
      await makeIndex(client, step)
      break
    case 'batches':
      await client.query(step.statement)
      break
    default:
      step satisfies never
  }
  await inStep(client, migration, number, [])
}

/**
 * Runs statements and records the step, in one transaction. Commits first lock routers: those under way end before it, and
 * the others wait without a lock that it needs.
 */
async function inStep(
  client: ClientBase,
  { version, hash, isCompatible, steps }: Migration,
  number: number,
  statements: readonly string[],
): Promise<void> {
  await client.query(`begin; set local lock_timeout = ${LOCK_MS}`)
  const { rows } = await client.query<{ is_there: boolean }>(
    `select to_regclass('tik.routers') is not null as is_there`,
  )
  if (rows[0]?.is_there) await client.query('lock table tik.routers in exclusive mode')
  for (const statement of statements) await client.query(statement)
  await client.query(
    `update drizzle.tikmeter_schema set migration = $1, steps = $2,
       writable_since = case when $3 then writable_since else $1 end`,
    [version, number + 1, isCompatible],
  )
  if (number + 1 === steps.length)
    await client.query('insert into drizzle.__drizzle_migrations (hash, created_at) values ($1, $2)', [
      hash,
      version,
    ])
  await client.query('commit')
}

/** Migrations up to 0012 do not name the schema. */
function searchPath(schema: string | undefined): readonly string[] {
  return schema === undefined ? [] : [`set local search_path to "${schema}"`]
}

/** Tells daemons that do not know a migration to stop, and waits until they have, or ought to have. */
async function announce(client: ClientBase, { version }: Migration): Promise<void> {
  await client.query('update drizzle.tikmeter_schema set announced = $1', [version])
  const { rows } = await client.query<{ has_members: boolean }>(
    `select exists (select from pg_attribute
       where attrelid = to_regclass('tik.daemons') and attname = 'expires_at') as has_members`,
  )
  if (!rows[0]?.has_members) return
  // Those of the release that migrates wait for the migration before they join.
  const { signal } = new AbortController()
  const untilMs = systemClock.steadyMs() + STOP_WITHIN_MS
  while (systemClock.steadyMs() < untilMs) {
    const live = await client.query('select from tik.daemons where expires_at > clock_timestamp() limit 1')
    if (live.rowCount === 0) return
    await systemClock.sleep(LOOK_EVERY_MS, signal)
  }
}
