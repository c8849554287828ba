import type { MissingMenu } from '../accounting/reading.ts'

/** The most that was used of one of a router's byte budgets, in bytes. */
export interface BudgetUse {
  readonly usedBytes: number
  readonly mostBytes: number
}

/** How a router is doing. */
export interface RouterHealth {
  readonly state: 'online' | 'offline' | 'connecting' | 'disabled'
  /** The name the router gives itself; unknown before the first connection. */
  readonly identity: string | undefined
  readonly version: string | undefined
  readonly lastReadingAt: Date | undefined
  /** How long the last complete poll took. */
  readonly latencyMs: number | undefined
  /** Polls and connection attempts that failed since the last success. */
  readonly failures: number
  readonly lastError: string | undefined
  /** Why it is let alone: it sends more than it may, or has more than its share of what waits for the database. */
  readonly overloaded: string | undefined
  /** What the router refused at the last poll: a package that is off, or a right that the user lacks. */
  readonly missingMenus: readonly MissingMenu[]
  /** Ticks at which it was not read: the poll before was still under way, or there was no connection. */
  readonly skippedTicks: number
  /** Ticks at which it was not read since it had more than its share of what waits for the database. */
  readonly putOffPolls: number
  /** In its last poll; absent before the first one. */
  readonly budgetUse: BudgetUse | undefined
}

export const UNTRIED: RouterHealth = {
  state: 'connecting',
  identity: undefined,
  version: undefined,
  lastReadingAt: undefined,
  latencyMs: undefined,
  failures: 0,
  lastError: undefined,
  overloaded: undefined,
  missingMenus: [],
  skippedTicks: 0,
  putOffPolls: 0,
  budgetUse: undefined,
}

export const DISABLED: RouterHealth = { ...UNTRIED, state: 'disabled' }
