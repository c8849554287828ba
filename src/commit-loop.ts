import type { RouterKey } from './accounting/ids.ts'
import { OwnershipLost } from './recorder.ts'
import type { Clock } from './runtime/clock.ts'
import { errorFields, type Logger } from './runtime/logger.ts'

/** What waits to be committed, and its committing. */
export interface Committing {
  pending(): ReadonlyMap<RouterKey, number>
  commit(keys: readonly RouterKey[]): Promise<void>
}

export interface CommitLoopOptions {
  readonly recorder: Committing
  readonly intervalMs: number
  readonly clock: Clock
  readonly log: Logger
}

/** Sessions to a transaction: enough to be cheap, few enough to hold their rows' locks only briefly. */
const SLICE_SESSIONS = 2_500
/** A slice takes no less of the interval than a 30th, so that many small routers are not many transactions. */
const MOST_SLICES = 30

/** Commits every router once in an interval, in slices of whole routers spread over it. */
export class CommitLoop {
  readonly #options: CommitLoopOptions
  #failures = 0

  constructor(options: CommitLoopOptions) {
    this.#options = options
  }

  /** Whether the last commit got through. */
  get isUp(): boolean {
    return this.#failures === 0
  }

  /** Until the signal aborts; what waits then is `flush`'s. */
  async run(signal: AbortSignal): Promise<void> {
    const { recorder, clock, intervalMs } = this.#options
    while (!signal.aborted) {
      const slices = slicesOf(recorder.pending())
      for (const slice of slices) {
        await clock.sleep(intervalMs / slices.length, signal)
        if (signal.aborted) return
        await this.#commit(slice)
      }
      if (slices.length === 0) await clock.sleep(intervalMs, signal)
    }
  }

  /**
   * Commits all that waits, now.
   * @returns whether all of it got through
   */
  async flush(): Promise<boolean> {
    for (const slice of slicesOf(this.#options.recorder.pending())) await this.#commit(slice)
    return this.#options.recorder.pending().size === 0
  }

  async #commit(keys: readonly RouterKey[]): Promise<void> {
    try {
      await this.#options.recorder.commit(keys)
      this.#succeed()
    } catch (error) {
      if (!isStoreFailure(error)) throw error
      this.#fail(error)
      // Refused for what is in it: let the others through.
      if (!error.retryable && keys.length > 1) for (const key of keys) await this.#commit([key])
    }
  }

  #succeed(): void {
    if (this.#failures > 0) this.#options.log.info({ failures: this.#failures }, 'database commits again')
    this.#failures = 0
  }

  #fail(error: Error): void {
    this.#failures++
    if (this.#failures === 1)
      this.#options.log.error(
        { err: errorFields(error) },
        'commit failed; what waits is kept and tried again',
      )
  }
}

/** Fills slices up to their size, so that there are few; at the most 30. */
function slicesOf(pending: ReadonlyMap<RouterKey, number>): readonly (readonly RouterKey[])[] {
  const sessions = [...pending.values()].reduce((sum, count) => sum + count, 0)
  const size = Math.max(SLICE_SESSIONS, sessions / MOST_SLICES)
  const slices: RouterKey[][] = []
  let room = 0
  for (const [key, count] of pending) {
    if (room <= 0) {
      slices.push([])
      room = size
    }
    slices.at(-1)?.push(key)
    room -= Math.max(1, count)
  }
  return slices
}

function isStoreFailure(error: unknown): error is Error & { readonly retryable: boolean } {
  return (
    error instanceof Error &&
    !(error instanceof OwnershipLost) &&
    'retryable' in error &&
    typeof error.retryable === 'boolean'
  )
}
