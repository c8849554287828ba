import { type RouterKey, routerKey } from '../accounting/ids.ts'
import type { DiscardedReadings } from '../recording/ports.ts'
import type { RouterBook } from '../recording/router-book.ts'
import { isFailure } from '../runtime/failure.ts'
import { errorFields, type Logger } from '../runtime/logger.ts'
import type { RosterStore } from './ports.ts'
import type { Estate } from './recovery.ts'

export interface DiscardsOptions {
  readonly store: Pick<RosterStore, 'recordDiscarded'>
  readonly estate: Pick<Estate, 'forget'>
  readonly log: Logger
}

/** What waited of routers that were taken over, until the database has been told; until then the journal keeps it. */
export class Discards {
  readonly #options: DiscardsOptions
  readonly #untold = new Map<RouterKey, DiscardedReadings>()

  constructor(options: DiscardsOptions) {
    this.#options = options
  }

  add(readings: DiscardedReadings): void {
    this.#untold.set(routerKey(readings.tenant, readings.router), readings)
  }

  /** @throws what the store throws */
  async tell(): Promise<void> {
    if (this.#untold.size === 0) return
    const { store, estate } = this.#options
    const telling = [...this.#untold]
    await store.recordDiscarded(telling.map(([, readings]) => readings))
    for (const [router] of telling) {
      this.#untold.delete(router)
      estate.forget(router)
    }
  }

  /** As `tell`, where a failure only leaves it for later. */
  async tryTell(): Promise<void> {
    try {
      await this.tell()
    } catch (error) {
      if (!isFailure(error)) throw error
      const routers = [...this.#untold.keys()]
      this.#options.log.error({ routers, err: errorFields(error) }, 'discarded readings not recorded yet')
    }
  }
}

/**
 * Some of what was offered of routers that are lost may have been committed while they were ours, and the answer not
 * have come. Where the database is away, it is taken for discarded.
 */
export async function confirmOffered(
  store: Pick<RosterStore, 'load'>,
  books: readonly RouterBook[],
): Promise<void> {
  const offered = books.filter(book => book.offered)
  if (offered.length === 0) return
  try {
    const stored = await store.load(offered.map(book => book.about))
    for (const book of offered) {
      const its = stored.get(book.key)
      if (its) book.confirmBy(its)
    }
  } catch (error) {
    if (!isFailure(error)) throw error
  }
}
