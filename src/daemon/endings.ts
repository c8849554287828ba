import { join } from 'node:path'
import type { NewerDaemon } from '../roster/ports.ts'
import { errorFields, type Logger } from '../runtime/logger.ts'
import type { DaemonOptions } from './daemon.ts'

export interface EndingsOptions {
  readonly journalDirectory: string
  /** Ends the daemon, which may be restarted. */
  readonly fail: () => void
  /** Ends the daemon, which must not be restarted. */
  readonly refuse: () => void
  readonly log: Logger
}

/** What ends a daemon besides a signal. */
export function endings({
  journalDirectory,
  fail,
  refuse,
  log,
}: EndingsOptions): Pick<DaemonOptions, 'onBug' | 'onSuperseded' | 'onTooNew'> {
  return {
    onBug: error => {
      log.fatal({ err: errorFields(error), stack: error instanceof Error ? error.stack : undefined }, 'bug')
      fail()
    },
    onSuperseded: ({ host, startedAt }: NewerDaemon) => {
      const file = join(journalDirectory, 'daemon-id')
      const advice = `only one of them can run; if the disk of one is a copy, delete ${file} there`
      log.fatal({ host, startedAt, advice }, 'ended: a daemon with the same id was started later')
      refuse()
    },
    onTooNew: ({ message }) => {
      log.fatal({ reason: message }, 'ended: a later release has upgraded the database; install it here too')
      refuse()
    },
  }
}
