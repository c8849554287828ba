import type { AlertRule, AlertTerms, TenantAlert, UsageLimit, UsageRule } from '../../src/accounting/alert.ts'
import { Calendar } from '../../src/accounting/calendar.ts'
import { type RouterId, routerId, tenantId } from '../../src/accounting/ids.ts'
import { AlertBoard } from '../../src/alerts/alert-board.ts'
import type { WatchedRouter } from '../../src/alerts/due.ts'
import { AlertWatch } from '../../src/alerts/watch.ts'
import { createLogger } from '../../src/runtime/logger.ts'
import { AlertStore } from '../../src/store/alerts/alert-store.ts'
import { HandClock } from '../runtime/hand-clock.ts'
import { rethrow } from '../runtime/rethrow.ts'

export const acme = tenantId('acme')
export const hq = routerId('hq')
export const hill = routerId('hill')
export const INTERVAL_MS = 30_000

const nairobi = new Calendar('Africa/Nairobi')

/** The routers as a daemon's watch sees them, set by the test. */
export type Sights = Map<RouterId, Omit<WatchedRouter, 'router'>>

/** One daemon's watch over one tenant, advanced by the test. */
export class WatchScene {
  readonly clock: HandClock
  readonly board = new AlertBoard()
  readonly routers: Sights = new Map()
  /** Whether it judges the tables, or another daemon does. */
  isJudgedHere = true
  /** All reported alerts, in order. */
  readonly reported: TenantAlert[] = []
  readonly #store: AlertStore
  readonly #watch: AlertWatch
  #turns = 0

  constructor(url: string, at: string) {
    const log = createLogger('silent')
    this.#store = new AlertStore({ url, log, applicationName: 'alerts', connections: 1 })
    this.clock = new HandClock(at)
    this.#watch = new AlertWatch({
      record: this.#store,
      board: this.board,
      calendarOf: () => nairobi,
      isJudgedHere: () => this.isJudgedHere,
      routersOf: () => Array.from(this.routers, ([router, it]) => ({ router, ...it })),
      onAlert: it => this.reported.push(it),
      onWritten: () => {},
      intervalMs: INTERVAL_MS,
      clock: this.clock,
      log,
      onBug: rethrow,
    })
  }

  setRules(rules: readonly AlertRule[], webhooks: AlertTerms['webhooks'] = [], tenant = acme): void {
    this.#watch.setTerms([{ tenant, rules, webhooks }])
  }

  /** Runs one complete look. */
  async look(): Promise<void> {
    this.#turns += 1
    if (this.#turns === 1) {
      await this.#watch.load()
      this.#watch.start()
    } else await this.clock.turn(INTERVAL_MS)
    // The loop that looks at the routers sleeps as well.
    await this.clock.asleep(2)
  }

  /** The alerts reported since the last call, as `rule subject period`. */
  takeAlerts(): readonly string[] {
    return this.reported
      .splice(0)
      .map(({ alert: { rule, subject, period } }) => `${rule} ${subject} ${period}`)
  }

  async stop(): Promise<void> {
    await this.#watch.stop()
    await this.#store.stop()
  }
}

export function usageRule(rule: Partial<UsageRule> & { readonly usual: UsageLimit | undefined }): UsageRule {
  return { kind: 'usage', id: 'heavy', scope: 'user', period: 'month', particular: new Map(), ...rule }
}

export function limit(threshold: number, quota?: number): UsageLimit {
  return { threshold, quota }
}
