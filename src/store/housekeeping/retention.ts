import type { Pool } from 'pg'
import { asStoreError } from '../pg/errors.ts'
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
  pool: Pool,
  terms: RetentionTerms,
  now: Date,
  pace: HalfLoad,
): Promise<DeletedRows> {
  const before = (keptMs: number) => new Date(now.getTime() - keptMs).toISOString()
  const sessionsBefore = before(terms.sessionsMs)
  try {
    const partitions = await dropPartitions(pool, now.getTime() - terms.deltasMs, pace)
    const sessions = await deleteInSteps(pool, DELETE_SESSIONS, sessionsBefore, pace)
    const events = await deleteInSteps(pool, DELETE_EVENTS, sessionsBefore, pace)
    const alerts = await deleteInSteps(
      pool,
      DELETE_ALERTS,
      before(Math.max(terms.sessionsMs, ALERTS_MS)),
      pace,
    )
    return { partitions, sessions, events, alerts }
  } catch (error) {
    throw asStoreError('old rows are not deleted', error)
  }
}

const DELETE_SESSIONS = `delete from user_sessions where id = any(array(
  select id from user_sessions where status = 'ended' and end_time < $1 order by end_time limit ${ROWS_A_STEP}))`

const DELETE_EVENTS = `delete from ledger_events where id = any(array(
  select id from ledger_events where at < $1 limit ${ROWS_A_STEP}))`

/** Deletes alerts with their deliveries. An outage is kept until it is over. */
const DELETE_ALERTS = `delete from alerts where id = any(array(
  select id from alerts where changed_at < $1 and (kind <> 'router_offline' or ended_at is not null)
  order by changed_at limit ${ROWS_A_STEP}))`

async function deleteInSteps(pool: Pool, statement: string, before: string, pace: HalfLoad): Promise<number> {
  let deleted = 0
  while (!pace.signal.aborted) {
    const { rowCount } = await pool.query(statement, [before])
    deleted += rowCount ?? 0
    if ((rowCount ?? 0) < ROWS_A_STEP) break
    await pace.rest()
  }
  return deleted
}

/** Finds partitions by name, because after a cut between detaching and dropping one is a table of its own. */
const PARTITIONS = `select relname as name, inhdetachpending as detaching from pg_class
  left join pg_inherits on inhrelid = pg_class.oid
  where relkind = 'r' and relname like 'session\\_deltas\\_%' and relnamespace = (
    select relnamespace from pg_class where oid = 'session_deltas'::regclass)
  order by relname`

async function dropPartitions(pool: Pool, before: number, pace: HalfLoad): Promise<readonly string[]> {
  const { rows } = await pool.query<{ name: string; detaching: boolean | null }>(PARTITIONS)
  const dropped: string[] = []
  for (const { name, detaching } of rows) {
    const week = partitionWeek(name)
    if (pace.signal.aborted || week === undefined || weekAfter(week) > before) continue
    // Detached first: that waits for the users of this partition, but does not block the use of the others.
    if (detaching !== null)
      await pool.query(
        `alter table session_deltas detach partition ${name} ${detaching ? 'finalize' : 'concurrently'}`,
      )
    await pool.query(`drop table ${name}`)
    dropped.push(name)
  }
  return dropped
}
