import type { Clock } from '../../runtime/clock.ts'
import type { Component } from '../../runtime/component.ts'
import { isFailure } from '../../runtime/failure.ts'
import { errorFields, type Logger } from '../../runtime/logger.ts'
import { Loop } from '../../runtime/loop.ts'
import type { Database } from '../pg/database.ts'
import { asStoreError } from '../pg/errors.ts'
import { makePartitions } from '../schema/partitions.ts'
import { HalfLoad } from './half-load.ts'
import { applyRetention, type RetentionTerms } from './retention.ts'
import { rollupFaults } from './rollup-check.ts'

export interface HousekeepingOptions {
  readonly database: Database
  readonly terms: RetentionTerms
  readonly clock: Clock
  readonly log: Logger
  /** Called with an error that is a bug. */
  readonly onBug: (error: unknown) => void
}

const EVERY_MS = 60 * 60_000
/** The wait after a failure, which is most likely one of the connection. */
const AGAIN_MS = 60_000
const CHECK_EVERY_MS = 24 * EVERY_MS

/**
 * Makes partitions ahead of time and deletes old rows, once an hour, and compares the daily tables, once a day.
 */
export class Housekeeping implements Component {
  readonly #options: HousekeepingOptions
  readonly #loop: Loop
  #checkedAtMs = Number.NEGATIVE_INFINITY
  #hasFailed = false

  constructor(options: HousekeepingOptions) {
    this.#options = options
    this.#loop = new Loop(signal => this.#run(signal), options.onBug)
  }

  start(): void {
    this.#loop.start()
  }

  stop(): Promise<void> {
    return this.#loop.stop()
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const isDone = await this.#once(signal)
      await this.#options.clock.sleep(isDone ? EVERY_MS : AGAIN_MS, signal)
    }
  }

  async #once(signal: AbortSignal): Promise<boolean> {
    const { database, terms, clock, log } = this.#options
    try {
      await makePartitions(database.pool, clock.now())
      const removed = await applyRetention(database, terms, clock.now(), new HalfLoad(clock, signal))
      if (removed.partitions.length + removed.sessions + removed.events + removed.alerts > 0)
        log.info(removed, 'old rows removed')
      if (clock.steadyMs() - this.#checkedAtMs >= CHECK_EVERY_MS) await this.#check(signal)
      if (this.#hasFailed) log.info('housekeeping is done again')
      this.#hasFailed = false
      return true
    } catch (cause) {
      const error = asStoreError('housekeeping failed', cause)
      if (!isFailure(error)) throw error
      if (!this.#hasFailed) log.warn({ err: errorFields(error) }, 'housekeeping is tried again')
      this.#hasFailed = true
      return false
    }
  }

  async #check(signal: AbortSignal): Promise<void> {
    const { database, clock, log } = this.#options
    const pace = new HalfLoad(clock, signal)
    for await (const fault of rollupFaults(database.pool)) {
      if (fault)
        log.error(fault, 'the daily tables disagree: tenant_usage_daily and usage_daily have different sums')
      await pace.rest()
      if (signal.aborted) return
    }
    this.#checkedAtMs = clock.steadyMs()
  }
}
