import type { Client } from 'pg'
import { systemClock } from '../../runtime/clock.ts'

/** A connection that has a lock which we wait for, as PostgreSQL knows it. What it may not tell us is `null`. */
export interface LockHolder {
  readonly pid: number
  readonly application: string | null
  readonly user: string | null
  readonly address: string | null
  /** `active`, `idle in transaction` … */
  readonly state: string | null
  /** Of its transaction. */
  readonly since: Date | null
}

const HOLDER = `distinct it.pid, nullif(it.application_name, '') as application, it.usename as "user",
  it.client_addr::text as address, it.state, it.xact_start as since`

/** Finds who has an advisory lock. @param key a bigint */
export async function holdersOfLock(client: Client, key: number): Promise<readonly LockHolder[]> {
  const { rows } = await client.query<LockHolder>(
    `select ${HOLDER} from pg_locks as l join pg_stat_activity as it using (pid)
     where l.granted and l.locktype = 'advisory' and l.objsubid = 1
       and l.classid::bigint << 32 | l.objid::bigint = ${key}
       and l.database = (select oid from pg_database where datname = current_database())`,
  )
  return rows
}

/** Who keeps connections of an application from going on, whatever they wait for. */
const BLOCKERS = `select ${HOLDER}
  from pg_stat_activity as we, unnest(pg_blocking_pids(we.pid)) as blocker (pid)
  join pg_stat_activity as it on it.pid = blocker.pid
  where we.datname = current_database() and we.application_name = $1 and we.wait_event_type = 'Lock'`

/** Waits for a lock are at least this long. */
const LOOK_EVERY_MS = 250
/** What takes less need not be explained. */
const BEGIN_AFTER_MS = 1_000

/**
 * Looks whether connections of an application wait for locks, on a connection of its own, which it makes if they take
 * long. If looking fails, they say so themselves.
 * @param onWait called at most once
 */
export async function watchLocks(
  application: string,
  connect: () => Promise<Client>,
  onWait: (holders: readonly LockHolder[]) => void,
  signal: AbortSignal,
): Promise<void> {
  await systemClock.sleep(BEGIN_AFTER_MS, signal)
  if (signal.aborted) return
  let client: Client | undefined
  try {
    client = await connect()
    while (!signal.aborted) {
      const { rows } = await client.query<LockHolder>(BLOCKERS, [application])
      if (rows.length > 0) return onWait(rows)
      await systemClock.sleep(LOOK_EVERY_MS, signal)
    }
  } catch {
    // Nobody waits for it.
  } finally {
    await client?.end().catch(() => {})
  }
}
