import type { RouterKey } from '../accounting/ids.ts'
import { isNear } from '../accounting/limits/limit-use.ts'
import type { BudgetUse } from '../poller/router-link.ts'
import type { RouterBook } from '../recording/router-book.ts'
import { limitUsesOf } from '../roster/limit-uses.ts'
import type { Logger } from '../runtime/logger.ts'

export interface LimitWatchOptions {
  readonly healthOf: (router: RouterKey) => { readonly budgetUse: BudgetUse | undefined } | undefined
  readonly log: Logger
}

/**
 * Logs once when a router comes near a limit of its sessions or bytes, or has more sessions than the limit, and once when
 * that is over. Logs once when too many of its events wait.
 */
export class LimitWatch {
  readonly #options: LimitWatchOptions
  readonly #logged = new WeakMap<RouterBook, 'near' | 'over'>()
  readonly #loggedEvents = new WeakSet<RouterBook>()

  constructor(options: LimitWatchOptions) {
    this.#options = options
  }

  /** Checks a router. @param book its state after a reading */
  look(book: RouterBook): void {
    this.#lookAtEvents(book)
    const { sessions, leftOut } = book.crowding
    const near = limitUsesOf(book, this.#options.healthOf(book.key)).filter(isNear)
    const before = this.#logged.get(book)
    if (leftOut > 0) {
      if (before === 'over') return
      this.#logged.set(book, 'over')
    } else if (near.length > 0) {
      if (before) return
      this.#logged.set(book, 'near')
    } else {
      if (!before) return
      this.#logged.delete(book)
    }
    this.#log(book.key, { sessions, leftOut, limits: near.map(it => it.limit) })
  }

  #lookAtEvents(book: RouterBook): void {
    if (book.joinedEvents === 0 || this.#loggedEvents.has(book)) return
    this.#loggedEvents.add(book)
    this.#options.log.warn(
      { router: book.key },
      'a router has too many events waiting: further ones are only counted, and their bytes added up',
    )
  }

  #log(router: RouterKey, crowding: { sessions: number; leftOut: number; limits: readonly string[] }): void {
    const { log } = this.#options
    if (crowding.leftOut > 0)
      log.warn(
        { router, ...crowding },
        'sessions beyond the limits of a router are left out: raise its limits',
      )
    else if (crowding.limits.length > 0)
      log.warn({ router, ...crowding }, 'a router has more than 80 % of what its limits allow')
    else log.info({ router }, 'a router is well within its limits again')
  }
}
