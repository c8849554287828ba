import type { RouterKey } from '../accounting/ids.ts'
import type { MissingMenu } from '../accounting/reading.ts'
import type { RouterBook } from '../recording/router-book.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Logger } from '../runtime/logger.ts'

export interface UncountedWatchOptions {
  readonly healthOf: (router: RouterKey) => { readonly missingMenus: readonly MissingMenu[] } | undefined
  readonly clock: Clock
  readonly log: Logger
}

/** A session that has just come may lack its counters for a reading or two. */
const LASTING_MS = 60_000

interface Sight {
  /** Whether the log has it that sessions have no counters. */
  readonly isTold: boolean
  /** Since when each reading shows the other, in steady milliseconds. */
  readonly sinceMs: number | undefined
}

/**
 * Tells the log once of a router that sessions of it stay without counters, and once that it is over. Either has to
 * last for a minute of readings, so that a router with many logins writes no line at each.
 */
export class UncountedWatch {
  readonly #options: UncountedWatchOptions
  readonly #sights = new WeakMap<RouterBook, Sight>()

  constructor(options: UncountedWatchOptions) {
    this.#options = options
  }

  /** @param book as it is after a reading */
  look(book: RouterBook): void {
    const nowMs = this.#options.clock.steadyMs()
    let sessions = 0
    for (const { uncounted } of book.lives.values()) sessions += uncounted
    const isLacking = sessions > 0
    const { isTold, sinceMs = nowMs } = this.#sights.get(book) ?? { isTold: false, sinceMs: undefined }
    if (isLacking === isTold) this.#sights.set(book, { isTold, sinceMs: undefined })
    else if (nowMs - sinceMs < LASTING_MS) this.#sights.set(book, { isTold, sinceMs })
    else {
      this.#sights.set(book, { isTold: isLacking, sinceMs: undefined })
      this.#tell(book.key, sessions)
    }
  }

  #tell(router: RouterKey, sessions: number): void {
    const { healthOf, log } = this.#options
    if (sessions === 0) {
      log.info({ router }, 'all sessions have counters again')
      return
    }
    const refused = (healthOf(router)?.missingMenus ?? []).map(({ menu, reason }) => `${menu}: ${reason}`)
    const advice = `tikmeter probe ${router} says what to do`
    log.warn(
      { router, sessions, ...(refused.length > 0 ? { refused } : {}), advice },
      'sessions stay without counters: what they move is not counted for now',
    )
  }
}
