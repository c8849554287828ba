import type { TenantBoard } from '../recording/tenant-board.ts'
import { isFailure } from '../runtime/failure.ts'
import type { RosterStore } from './ports.ts'

export interface CreditsOptions {
  readonly store: Pick<RosterStore, 'loadLastDecision' | 'loadDecisions'>
  readonly board: Pick<TenantBoard, 'credit'>
}

/**
 * What operators decide on events, as it comes to the database: their bytes are in the tables, and become part of the
 * live numbers here. Numbers that were loaded since have them already, and know up to which decision.
 */
export class Credits {
  readonly #options: CreditsOptions
  /** The last decision that was taken; absent before anything was loaded. */
  #last: number | undefined

  constructor(options: CreditsOptions) {
    this.#options = options
  }

  /**
   * Before any numbers are loaded: what is decided from here on may not be in them.
   * @throws what the store throws
   */
  async begin(): Promise<void> {
    this.#last ??= await this.#options.store.loadLastDecision()
  }

  /** Where the database is away, all that is new is taken the next time. */
  async tryTake(): Promise<void> {
    try {
      await this.#take()
    } catch (error) {
      if (!isFailure(error)) throw error
    }
  }

  async #take(): Promise<void> {
    const { store, board } = this.#options
    if (this.#last === undefined) return
    for (;;) {
      const decisions = await store.loadDecisions(this.#last)
      for (const decision of decisions) {
        board.credit(decision)
        this.#last = decision.id
      }
      if (decisions.length === 0) return
    }
  }
}
