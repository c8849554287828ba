/** What a row costs beside its text, roughly: a map, its strings, and what is made of it. */
export const ROW_BYTES = 512
/** What a sentence outside of a reply costs beside its text: it is not kept. */
export const STRAY_BYTES = 16
/** All texts of an honest row, each as long as it may be. */
const TEXT_BYTES = 1_024
/** What a menu's row is remembered by. */
const REMEMBERED_BYTES = 512
/** Each session comes and goes a few times between two readings, and a `listen` has a short sentence for each time. */
const TOLD_BYTES = 256
/** For what does not grow with the sessions. */
const BASE_BYTES = 1024 * 1024

/** The most that was used of one of a router's byte budgets, in bytes. */
export interface BudgetUse {
  readonly usedBytes: number
  readonly mostBytes: number
}

/** How much one router may make us hold, in bytes of its sentences as they are weighed here. */
export interface Budget {
  /** Of one reply. */
  readonly replyBytes: number
  /** Outside of replies, from one answered menu to the next: listens, and tags that nobody asked by. */
  readonly strayBytes: number
  /** What is kept of one menu's rows, so that they are known when they come again. */
  readonly rememberedBytes: number
}

/**
 * The bytes that so many sessions can take. Honest rows are much shorter, so that a router with twice its sessions is
 * still read whole.
 */
export function budgetOf(maxSessions: number): Budget {
  return {
    replyBytes: BASE_BYTES + maxSessions * (TEXT_BYTES + ROW_BYTES),
    strayBytes: BASE_BYTES + maxSessions * TOLD_BYTES,
    rememberedBytes: BASE_BYTES + maxSessions * REMEMBERED_BYTES,
  }
}

/** What a connection has sent of its router's budget. */
export class BudgetLoad {
  readonly #budget: Budget
  /** Outside of replies, since a menu was answered. */
  #strayBytes = 0
  #largest: BudgetUse

  constructor(budget: Budget) {
    this.#budget = budget
    this.#largest = nothingOf(budget)
  }

  /** @param bytes of one reply so far @returns whether it is too large */
  isReplyTooLarge(bytes: number): boolean {
    this.#note(bytes, this.#budget.replyBytes)
    return bytes > this.#budget.replyBytes
  }

  /** @param bytes in addition @returns whether with them it is too much outside of replies */
  isTooMuchStray(bytes: number): boolean {
    this.#strayBytes += bytes
    this.#note(this.#strayBytes, this.#budget.strayBytes)
    return this.#strayBytes > this.#budget.strayBytes
  }

  menuAnswered(): void {
    this.#strayBytes = 0
  }

  /** Of the budget that came nearest to its end since this was last taken. */
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
