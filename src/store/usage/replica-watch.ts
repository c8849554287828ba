import type { Clock } from '../../runtime/clock.ts'
import type { Component } from '../../runtime/component.ts'
import { isFailure } from '../../runtime/failure.ts'
import { errorFields, type Logger } from '../../runtime/logger.ts'
import { Loop } from '../../runtime/loop.ts'
import type { Database } from '../pg/database.ts'
import { asking } from '../pg/errors.ts'
import type { UsageReader } from './usage-reader.ts'

export interface ReplicaWatchOptions {
  /** The primary. */
  readonly database: Pick<Database, 'pool'>
  /** Reads the replica. */
  readonly usage: Pick<UsageReader, 'daemonSeenMs' | 'returnToFirstHost'>
  /** This daemon's id. Its row is renewed several times within the duration of a lease. */
  readonly owner: string
  readonly clock: Clock
  readonly log: Logger
  /** Called with an error that is a bug. */
  readonly onBug: (error: unknown) => void
}

const EVERY_MS = 5_000
/** A lag that somebody should look at. */
const LONG_MS = 60_000

/**
 * Measures how far the replica lags, by the row that this daemon renews: that works with every kind of replication, and
 * also when nothing else is written.
 */
export class ReplicaWatch implements Component {
  readonly #options: ReplicaWatchOptions
  readonly #loop: Loop
  #isUp = true
  #isLate = false
  #lagMs: number | undefined

  constructor(options: ReplicaWatchOptions) {
    this.#options = options
    this.#loop = new Loop(signal => this.#run(signal), options.onBug)
  }

  /** Whether it answered the last time. */
  get isUp(): boolean {
    return this.#isUp
  }

  /**
   * At most this much older are its rows than those of the primary, as of the last look; `undefined` until it has
   * answered.
   */
  get lagMs(): number | undefined {
    return this.#lagMs
  }

  start(): void {
    this.#loop.start()
  }

  stop(): Promise<void> {
    return this.#loop.stop()
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#look()
      await this.#options.clock.sleep(EVERY_MS, signal)
    }
  }

  async #look(): Promise<void> {
    const { usage, owner } = this.#options
    await usage.returnToFirstHost()
    const primary = await this.#primary()
    try {
      const replicaMs = await usage.daemonSeenMs(owner)
      this.#noteUp()
      if (primary?.seenMs === undefined) return
      const isLatest = replicaMs !== undefined && replicaMs >= primary.seenMs
      this.#noteLag(isLatest ? 0 : primary.nowMs - (replicaMs ?? primary.startedMs))
    } catch (error) {
      if (!isFailure(error)) throw error
      this.#noteDown(error)
    }
  }

  /** @returns `undefined` if it does not answer */
  async #primary(): Promise<
    { readonly seenMs: number | undefined; readonly startedMs: number; readonly nowMs: number } | undefined
  > {
    const { database, owner } = this.#options
    try {
      const { rows } = await asking('the lag of the replica is not known', () =>
        database.pool.query<{ seen_at: Date | null; started_at: Date; now: Date }>(
          'select seen_at, started_at, clock_timestamp() as now from tik.daemons where id = $1',
          [owner],
        ),
      )
      const [row] = rows
      return (
        row && {
          seenMs: row.seen_at?.getTime(),
          startedMs: row.started_at.getTime(),
          nowMs: row.now.getTime(),
        }
      )
    } catch (error) {
      // Those who commit say so.
      if (isFailure(error)) return undefined
      throw error
    }
  }

  #noteUp(): void {
    if (!this.#isUp) this.#options.log.info('database.read_url answers again')
    this.#isUp = true
  }

  #noteDown(error: unknown): void {
    if (this.#isUp)
      this.#options.log.warn(
        { err: errorFields(error) },
        'database.read_url does not answer: questions about usage fail until it does',
      )
    this.#isUp = false
  }

  #noteLag(lagMs: number): void {
    this.#lagMs = lagMs
    const isLate = lagMs >= LONG_MS
    if (isLate === this.#isLate) return
    this.#isLate = isLate
    const { log } = this.#options
    const lag = { lag_s: Math.round(lagMs / 1000) }
    if (isLate) log.warn(lag, 'database.read_url lags: answers about usage are that much older')
    else log.info(lag, 'database.read_url has caught up')
  }
}
