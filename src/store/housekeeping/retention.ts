import { DatabaseError, type Pool } from 'pg'
import type { Database } from '../pg/database.ts'
import { asStoreError } from '../pg/errors.ts'
import { inTransaction } from '../pg/transaction.ts'
import type { Layout } from '../schema/layout.ts'
import { partitionWeek, weekAfter } from '../schema/partitions.ts'
import type { HalfLoad } from './half-load.ts'

/** How long rows are kept. The daily tables are kept for good. */
export interface RetentionTerms {
  readonly deltasMs: number
  /** For ended sessions, by their end, for ledger events, and for alerts. */
  readonly sessionsMs: number
}

export interface DeletedRows {
  readonly partitions: readonly string[]
  readonly sessions: number
  readonly events: number
  readonly alerts: number
}

/** Few enough that a step takes some ten milliseconds. Commits do not write these rows. */
const ROWS_A_STEP = 1_000

/** An alert of a month that is still evaluated would fire again if it were deleted. */
const ALERTS_MS = 63 * 86_400_000

/**
 * Drops the partitions of `session_deltas` that are wholly too old, and deletes old sessions, events and alerts a few at
 * a time. Nothing waits for it, and it can be cut off at any point.
 * @throws StoreError
 */
export async function applyRetention(
  database: Database,
  terms: RetentionTerms,
  now: Date,
  pace: HalfLoad,
): Promise<DeletedRows> {
  const { pool } = database
  const before = (keptMs: number) => new Date(now.getTime() - keptMs).toISOString()
  const sessionsBefore = before(terms.sessionsMs)
  try {
    const layout = await database.layout()
    const alertsBefore = before(Math.max(terms.sessionsMs, ALERTS_MS))
    const partitions = await dropPartitions(pool, layout, now.getTime() - terms.deltasMs, pace)
    const sessions = await deleteRows(pool, layout, deleteSessions, sessionsBefore, pace)
    const events = await deleteRows(pool, layout, deleteEvents, sessionsBefore, pace)
    const alerts = await deleteInSteps(pool, DELETE_ALERTS, [alertsBefore], pace)
    return { partitions, sessions, events, alerts }
  } catch (error) {
    throw asStoreError('old rows are not deleted', error)
  }
}

/** @param whose a condition that rows are of a tenant, or `true` */
const deleteSessions = (whose: string) => `delete from tik.user_sessions where ${whose} and id = any(array(
  select id from tik.user_sessions where ${whose} and status = 'ended' and end_time < $1
  order by end_time limit ${ROWS_A_STEP}))`

const deleteEvents = (whose: string) => `delete from tik.ledger_events where ${whose} and id = any(array(
  select id from tik.ledger_events where ${whose} and at < $1 limit ${ROWS_A_STEP}))`

/** Deletes alerts with their deliveries. An outage is kept until it is over. */
const DELETE_ALERTS = `delete from tik.alerts where id = any(array(
  select id from tik.alerts where changed_at < $1 and (kind <> 'router_offline' or ended_at is not null)
  order by changed_at limit ${ROWS_A_STEP}))`

/** Where each tenant's rows are on a node of their own, deletes tenant by tenant. */
async function deleteRows(
  pool: Pool,
  layout: Layout,
  statement: (whose: string) => string,
  before: string,
  pace: HalfLoad,
): Promise<number> {
  if (layout === 'whole') return deleteInSteps(pool, statement('true'), [before], pace)
  const { rows } = await pool.query<{ id: string }>('select id from tik.tenants order by id')
  let deleted = 0
  for (const { id } of rows) {
    deleted += await deleteInSteps(pool, statement('tenant_id = $2'), [before, id], pace)
    await pace.rest()
  }
  return deleted
}

async function deleteInSteps(
  pool: Pool,
  statement: string,
  values: readonly string[],
  pace: HalfLoad,
): Promise<number> {
  let deleted = 0
  while (!pace.signal.aborted) {
    const { rowCount } = await pool.query(statement, [...values])
    deleted += rowCount ?? 0
    if ((rowCount ?? 0) < ROWS_A_STEP) break
    await pace.rest()
  }
  return deleted
}

const LOCK_NOT_AVAILABLE = '55P03'

/**
 * Drops a partition unless somebody uses it: Citus cannot detach concurrently, and a drop that waits would hold up all
 * commits. It is tried again an hour later.
 */
async function dropUnused(pool: Pool, partition: string): Promise<boolean> {
  try {
    await inTransaction(pool, 'read committed', async client => {
      await client.query(`set local lock_timeout = '1s'`)
      await client.query(`drop table tik.${partition}`)
    })
    return true
  } catch (error) {
    if (error instanceof DatabaseError && error.code === LOCK_NOT_AVAILABLE) return false
    throw error
  }
}

/** Finds partitions by name, because after a cut between detaching and dropping one is a table of its own. */
const PARTITIONS = `select relname as name, inhdetachpending as detaching from pg_class
  left join pg_inherits on inhrelid = pg_class.oid
  where relkind = 'r' and relname like 'session\\_deltas\\_%' and relnamespace = (
    select relnamespace from pg_class where oid = 'tik.session_deltas'::regclass)
  order by relname`

async function dropPartitions(
  pool: Pool,
  layout: Layout,
  before: number,
  pace: HalfLoad,
): Promise<readonly string[]> {
  const { rows } = await pool.query<{ name: string; detaching: boolean | null }>(PARTITIONS)
  const dropped: string[] = []
  for (const { name, detaching } of rows) {
    const week = partitionWeek(name)
    if (pace.signal.aborted || week === undefined || weekAfter(week) > before) continue
    if (layout === 'distributed' && !(await dropUnused(pool, name))) continue
    // Detached first: that waits for the users of this partition, but does not block the use of the others.
    if (layout === 'whole' && detaching !== null)
      await pool.query(
        `alter table tik.session_deltas detach partition tik.${name} ${detaching ? 'finalize' : 'concurrently'}`,
      )
    if (layout === 'whole') await pool.query(`drop table tik.${name}`)
    dropped.push(name)
  }
  return dropped
}
