import { type RouterKey, routerKey } from '../accounting/ids.ts'
import type { DiscardedReadings } from '../recording/ports.ts'
import type { RouterBook } from '../recording/router-book.ts'
import { isFailure } from '../runtime/failure.ts'
import { errorFields, type Logger } from '../runtime/logger.ts'
import type { RosterStore } from './ports.ts'
import type { Recovery } from './recovery.ts'

export interface DiscardsOptions {
  readonly store: Pick<RosterStore, 'recordDiscarded'>
  readonly recovery: Pick<Recovery, 'markDone'>
  readonly log: Logger
}

/** Discarded readings of lost routers, until the database has recorded them. Until then the journal keeps them. */
export class Discards {
  readonly #options: DiscardsOptions
  readonly #unrecorded = new Map<RouterKey, DiscardedReadings>()

  constructor(options: DiscardsOptions) {
    this.#options = options
  }

  add(readings: DiscardedReadings): void {
    this.#unrecorded.set(routerKey(readings.tenant, readings.router), readings)
  }

  /** Records all of them. @throws the store's errors */
  async record(): Promise<void> {
    if (this.#unrecorded.size === 0) return
    const { store, recovery } = this.#options
    const recording = [...this.#unrecorded]
    await store.recordDiscarded(recording.map(([, readings]) => readings))
    for (const [router] of recording) {
      this.#unrecorded.delete(router)
      recovery.markDone(router)
    }
  }

  /** As `record`, but a failure is logged, and the next call tries again. */
  async tryRecord(): Promise<void> {
    try {
      await this.record()
    } catch (error) {
      if (!isFailure(error)) throw error
      const routers = [...this.#unrecorded.keys()]
      this.#options.log.error({ routers, err: errorFields(error) }, 'discarded readings not recorded yet')
    }
  }
}

/**
 * Confirms what was committed of lost routers without an answer, while they were still ours. If the database is away,
 * it counts as discarded.
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
      const router = stored.get(book.key)
      if (router) book.confirmBy(router)
    }
  } catch (error) {
    if (!isFailure(error)) throw error
  }
}
