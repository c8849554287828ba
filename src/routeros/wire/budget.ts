import type { BudgetUse } from '../../poller/router-link.ts'

/** The approximate cost of a row beside its text: a map, its strings, and the session built from it. */
export const ROW_BYTES = 512
/** The cost of a sentence outside a reply, beside its text: it is not kept. */
export const STRAY_BYTES = 16
/** All texts of an honest row, each at its longest. */
const TEXT_BYTES = 1_024
/** The remembered bytes of a row. */
const REMEMBERED_BYTES = 512
/** A session may come and go a few times between two readings, and a `listen` reports each time in a short sentence. */
const LISTENED_BYTES = 256
/** For everything that does not grow with the sessions. */
const BASE_BYTES = 1024 * 1024

/** How much one router may make us hold: bytes on the wire plus the costs above. */
export interface Budget {
  /** For one reply. */
  readonly replyBytes: number
  /** For sentences outside replies, from one answered menu to the next: listens, and tags that belong to no command. */
  readonly strayBytes: number
  /** For the remembered rows of one menu. */
  readonly rememberedBytes: number
}

/**
 * Computes the budget for this number of sessions. Honest rows are much shorter than assumed here, so a router with
 * twice as many sessions is still read completely.
 */
export function budgetOf(maxSessions: number): Budget {
  return {
    replyBytes: BASE_BYTES + maxSessions * (TEXT_BYTES + ROW_BYTES),
    strayBytes: BASE_BYTES + maxSessions * LISTENED_BYTES,
    rememberedBytes: BASE_BYTES + maxSessions * REMEMBERED_BYTES,
  }
}

/** Counts what a connection uses of its router's budget. */
export class BudgetLoad {
  readonly #budget: Budget
  /** Outside replies, since the last menu was answered. */
  #strayBytes = 0
  #largest: BudgetUse

  constructor(budget: Budget) {
    this.#budget = budget
    this.#largest = nothingOf(budget)
  }

  /** @param bytes of one reply so far */
  isReplyTooLarge(bytes: number): boolean {
    this.#note(bytes, this.#budget.replyBytes)
    return bytes > this.#budget.replyBytes
  }

  /** @param bytes added to those outside replies */
  isTooMuchStray(bytes: number): boolean {
    this.#strayBytes += bytes
    this.#note(this.#strayBytes, this.#budget.strayBytes)
    return this.#strayBytes > this.#budget.strayBytes
  }

  menuAnswered(): void {
    this.#strayBytes = 0
  }

  /** Returns the use of the budget that came nearest to its limit since the last call. */
  take(): BudgetUse {
    const largest = this.#largest
    this.#largest = nothingOf(this.#budget)
    return largest
  }

  #note(usedBytes: number, mostBytes: number): void {
    if (usedBytes / mostBytes > this.#largest.usedBytes / this.#largest.mostBytes)
      this.#largest = { usedBytes, mostBytes }
  }
}

function nothingOf({ replyBytes }: Budget): BudgetUse {
  return { usedBytes: 0, mostBytes: replyBytes }
}
