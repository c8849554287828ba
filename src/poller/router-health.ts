import type { MissingMenu } from '../accounting/reading.ts'
import type { BudgetUse } from './router-link.ts'

/** The state of a router. */
export interface RouterHealth {
  readonly state: 'online' | 'offline' | 'connecting' | 'disabled'
  /** The name that the router gives itself; `undefined` before the first connection. */
  readonly identity: string | undefined
  readonly version: string | undefined
  readonly lastReadingAt: Date | undefined
  /** Duration of the last complete poll. */
  readonly latencyMs: number | undefined
  /** Failed polls and connection attempts since the last success. */
  readonly failures: number
  readonly lastError: string | undefined
  /** Why it is paused: it sends more than it may, or has more than its share of the data waiting for the database. */
  readonly overloaded: string | undefined
  /** Menus that the router refused in the last poll: a package is disabled, or the user lacks a right. */
  readonly missingMenus: readonly MissingMenu[]
  /** Ticks without a poll, because the previous one was still running or there was no connection. */
  readonly skippedTicks: number
  /** Ticks without a poll, because the router had more than its share of the data waiting for the database. */
  readonly putOffPolls: number
  /** In its last poll; `undefined` before the first one. */
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
