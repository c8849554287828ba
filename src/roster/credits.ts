import type { TenantBoard } from '../recording/tenant-board.ts'
import { isFailure } from '../runtime/failure.ts'
import type { RosterStore } from './ports.ts'

export interface CreditsOptions {
  readonly store: Pick<RosterStore, 'loadLastDecision' | 'loadDecisions'>
  readonly board: Pick<TenantBoard, 'credit'>
}

/**
 * Adds the bytes that operators credit to the live numbers. The tables have them already, and so do numbers that were
 * loaded since, which know their last decision.
 */
export class Credits {
  readonly #options: CreditsOptions
  /** Id of the last decision that was taken; `undefined` before any numbers are loaded. */
  #last: number | undefined

  constructor(options: CreditsOptions) {
    this.#options = options
  }

  /**
   * Notes the last decision. Called before any numbers are loaded, because those may lack the decisions that follow.
   * @throws the store's errors
   */
  async begin(): Promise<void> {
    this.#last ??= await this.#options.store.loadLastDecision()
  }

  /** Takes the new decisions. If the database is away, the next call takes them. */
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
