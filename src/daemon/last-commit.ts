import type { Clock } from '../runtime/clock.ts'
import type { Logger } from '../runtime/logger.ts'

export interface LastCommitOptions {
  /** `flush` tells whether all that waits got through. */
  readonly commits: { flush(): Promise<boolean> }
  /** `isWriting` tells whether it has what waits. */
  readonly journal: { readonly isWriting: boolean }
  readonly clock: Clock
  readonly log: Logger
}

const AGAIN_MS = 250
/** For a database that answers, or a disk that has room again. Less than a stop may take. */
const GIVE_UP_AFTER_MS = 5_000

/** Makes the last commit, and lets other daemons have the routers if the database has all of them. */
export async function endCommits(
  options: LastCommitOptions & { readonly ownership: { release(): Promise<void> } },
): Promise<void> {
  if (await commitLast(options)) await options.ownership.release()
}

/**
 * What becomes of bytes that wait when the daemon stops: the database takes them, or the journal has them for the next
 * start. While neither does, both are tried again until the time is over.
 * @returns whether the database has all of them
 * @throws Error where neither has them
 */
export async function commitLast(options: LastCommitOptions): Promise<boolean> {
  const { commits, journal, clock, log } = options
  const { signal } = new AbortController()
  const untilMs = clock.steadyMs() + GIVE_UP_AFTER_MS
  while (!(await commits.flush())) {
    if (journal.isWriting) {
      log.error('stopped with bytes that the database did not take; the journal has them')
      return false
    }
    if (clock.steadyMs() >= untilMs)
      throw new Error(
        'neither the database nor the journal took the bytes that wait: those of sessions that end before the next start are lost',
      )
    await clock.sleep(AGAIN_MS, signal)
  }
  return true
}
