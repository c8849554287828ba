import { type ClientBase, DatabaseError } from 'pg'
import { systemClock } from '../../runtime/clock.ts'

/** How long to wait for a lock, in milliseconds: commits queue behind. */
export const LOCK_MS = 500
/** Commits go on between two tries. */
const PAUSE_MS = 1_500
/** Somebody holds a lock for longer than the longest answer of ours takes. */
const GIVE_UP_AFTER_MS = 10 * 60_000

/** `lock_not_available`, `deadlock_detected` */
const LOCK_CODES: readonly unknown[] = ['55P03', '40P01']

/**
 * Runs a step that may be repeated, again and again as long as others have a lock that it needs.
 * @throws the step's error
 */
export async function retryingLocks(client: ClientBase, run: () => Promise<void>): Promise<void> {
  const { signal } = new AbortController()
  const untilMs = systemClock.steadyMs() + GIVE_UP_AFTER_MS
  for (;;)
    try {
      return await run()
    } catch (error) {
      await client.query('rollback').catch(() => {})
      const isLocked = error instanceof DatabaseError && LOCK_CODES.includes(error.code)
      if (!isLocked || systemClock.steadyMs() > untilMs) throw error
      await systemClock.sleep(PAUSE_MS, signal)
    }
}
