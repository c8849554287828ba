import type { RouterKey } from './accounting/ids.ts'
import type { SessionLimits } from './accounting/session-budget.ts'
import { keyOf, type RouterBook } from './router-book.ts'
import type { Logger } from './runtime/logger.ts'

/** As they are called in the config. */
const KEYS: Readonly<Record<keyof SessionLimits, string>> = {
  maxSessions: 'max_sessions',
  newSessionsPerHour: 'new_sessions_per_hour',
}

/**
 * Tells the log once of a router that comes near a limit of its sessions, or passes it, and once that it is over; and
 * once of one that has too many events waiting.
 */
export class LimitWatch {
  readonly #log: Logger
  readonly #told = new WeakMap<RouterBook, 'near' | 'over'>()
  readonly #toldOfEvents = new WeakSet<RouterBook>()

  constructor(options: { readonly log: Logger }) {
    this.#log = options.log
  }

  /** @param book as it is after a reading */
  look(book: RouterBook): void {
    this.#lookAtEvents(book)
    const { sessions, near, leftOut } = book.crowding
    const before = this.#told.get(book)
    if (leftOut > 0) {
      if (before === 'over') return
      this.#told.set(book, 'over')
    } else if (near.length > 0) {
      if (before) return
      this.#told.set(book, 'near')
    } else {
      if (!before) return
      this.#told.delete(book)
    }
    this.#tell(keyOf(book), { sessions, leftOut, limits: near.map(it => KEYS[it]) })
  }

  #lookAtEvents(book: RouterBook): void {
    if (book.joinedEvents === 0 || this.#toldOfEvents.has(book)) return
    this.#toldOfEvents.add(book)
    this.#log.warn(
      { router: keyOf(book) },
      'a router has more events waiting than are kept one by one: the others are counted, and their bytes added up',
    )
  }

  #tell(router: RouterKey, crowding: { sessions: number; leftOut: number; limits: readonly string[] }): void {
    if (crowding.leftOut > 0)
      this.#log.warn(
        { router, ...crowding },
        'sessions beyond the limits of a router are left out: raise them',
      )
    else if (crowding.limits.length > 0)
      this.#log.warn({ router, ...crowding }, 'a router has more than 80 % of what its limits allow')
    else this.#log.info({ router }, 'a router is well within its limits again')
  }
}
