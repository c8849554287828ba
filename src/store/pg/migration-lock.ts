import type { Client } from 'pg'
import { systemClock } from '../../runtime/clock.ts'
import { holdersOfLock, type LockHolder } from './lock-holders.ts'

/** Any number that nothing else in the database uses. */
const MIGRATION_LOCK = 7_420_318_556
const LOOK_EVERY_MS = 200
/** Another start rarely takes longer. */
const LONG_MS = 1_000

/**
 * Waits until no other process migrates, and keeps others from it as long as the connection has the lock. Through a pooler
 * only a transaction can have one: then the connection is for nothing else, and the transaction is left open.
 * @param onWait called if it takes long
 */
export async function lockOthersOut(
  client: Client,
  isPooled: boolean,
  onWait: (holders: readonly LockHolder[]) => void,
): Promise<void> {
  const { signal } = new AbortController()
  const beganMs = systemClock.steadyMs()
  let isTold = false
  while (!(await (isPooled ? lockTransaction(client) : lockSession(client)))) {
    if (!isTold && systemClock.steadyMs() - beganMs >= LONG_MS) {
      isTold = true
      onWait(await holdersOfLock(client, MIGRATION_LOCK))
    }
    // Whoever waited for the lock within a statement would keep indexes from being made concurrently.
    await systemClock.sleep(LOOK_EVERY_MS, signal)
  }
}

async function lockSession(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ is_ours: boolean }>('select pg_try_advisory_lock($1) as is_ours', [
    MIGRATION_LOCK,
  ])
  return rows[0]?.is_ours === true
}

/**
 * The transaction must have no snapshot between its statements, or no index could be made concurrently meanwhile. A
 * statement with parameters would keep its own.
 */
async function lockTransaction(client: Client): Promise<boolean> {
  await client.query('begin; set local idle_in_transaction_session_timeout = 0')
  const { rows } = await client.query<{ is_ours: boolean }>(
    `select pg_try_advisory_xact_lock(${MIGRATION_LOCK}) as is_ours`,
  )
  const isOurs = rows[0]?.is_ours === true
  if (!isOurs) await client.query('rollback')
  return isOurs
}
