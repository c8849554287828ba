import type { Clock } from '../runtime/clock.ts'
import type { Logger } from '../runtime/logger.ts'

export interface LastCommitOptions {
  /** `flush` resolves to whether everything that waits was committed. */
  readonly commits: { flush(): Promise<boolean> }
  /** `isWriting`: the journal has everything that waits. */
  readonly journal: { readonly isWriting: boolean }
  readonly clock: Clock
  readonly log: Logger
}

const AGAIN_MS = 250
/** The time for the database to answer, or the disk to have room again. Less than a stop may take. */
const GIVE_UP_AFTER_MS = 5_000

/** Makes the last commit, and releases the routers to other daemons if the database has everything. */
export async function endCommits(
  options: LastCommitOptions & { readonly ownership: { release(): Promise<void> } },
): Promise<void> {
  if (await commitLast(options)) await options.ownership.release()
}

/**
 * Saves the bytes that wait when the daemon stops: in the database, or in the journal for the next start. While neither
 * takes them, tries again for five seconds.
 * @returns whether the database has all of them
 * @throws Error if neither has them
 */
export async function commitLast(options: LastCommitOptions): Promise<boolean> {
  const { commits, journal, clock, log } = options
  const { signal } = new AbortController()
  const untilMs = clock.steadyMs() + GIVE_UP_AFTER_MS
  while (!(await commits.flush())) {
    if (journal.isWriting) {
      log.error('stopped before the database had all bytes; the journal has the rest')
      return false
    }
    if (clock.steadyMs() >= untilMs)
      throw new Error(
        'neither the database nor the journal took the waiting bytes: those of sessions that end before the next start are lost',
      )
    await clock.sleep(AGAIN_MS, signal)
  }
  return true
}
