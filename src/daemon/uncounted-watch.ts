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

/** A new session may lack its counters for a reading or two. */
const LASTING_MS = 60_000

interface Observed {
  /** Whether it is logged that sessions have no counters. */
  readonly isLogged: boolean
  /** Since when each reading shows the opposite, in steady milliseconds. */
  readonly sinceMs: number | undefined
}

/**
 * Logs once when sessions of a router stay without counters, and once when that is over. Either has to last for a minute
 * of readings, so that a router with many logins does not cause a line for each.
 */
export class UncountedWatch {
  readonly #options: UncountedWatchOptions
  readonly #observed = new WeakMap<RouterBook, Observed>()

  constructor(options: UncountedWatchOptions) {
    this.#options = options
  }

  /** Checks a router. @param book its state after a reading */
  look(book: RouterBook): void {
    const nowMs = this.#options.clock.steadyMs()
    let sessions = 0
    for (const { uncounted } of book.lives.values()) sessions += uncounted
    const isLacking = sessions > 0
    const { isLogged, sinceMs = nowMs } = this.#observed.get(book) ?? { isLogged: false, sinceMs: undefined }
    if (isLacking === isLogged) this.#observed.set(book, { isLogged, sinceMs: undefined })
    else if (nowMs - sinceMs < LASTING_MS) this.#observed.set(book, { isLogged, sinceMs })
    else {
      this.#observed.set(book, { isLogged: isLacking, sinceMs: undefined })
      this.#log(book.key, sessions)
    }
  }

  #log(router: RouterKey, sessions: number): void {
    const { healthOf, log } = this.#options
    if (sessions === 0) {
      log.info({ router }, 'all sessions have counters again')
      return
    }
    const refused = (healthOf(router)?.missingMenus ?? []).map(({ menu, reason }) => `${menu}: ${reason}`)
    const advice = `tikmeter probe ${router} says what to do`
    log.warn(
      { router, sessions, ...(refused.length > 0 ? { refused } : {}), advice },
      'sessions stay without counters: their bytes are not counted for now',
    )
  }
}
