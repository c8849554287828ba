import pLimit, { type LimitFunction } from 'p-limit'
import type { Clock } from '../runtime/clock.ts'

/** A read that takes longer waits for its router, so it gives its place to another. */
const PATIENCE_MS = 1_000
/** Passed as the reason, because each abort without one creates an error. */
const SETTLED = 'settled'

/** Limits the number of routers that are read at the same time, without letting slow ones delay the others. */
export class ReadLimit {
  readonly #limit: LimitFunction
  readonly #clock: Clock

  constructor(options: { concurrency: number; clock: Clock }) {
    this.#limit = pLimit(options.concurrency)
    this.#clock = options.clock
  }

  /** Runs `work` when a place is free. */
  pass<T>(work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      void this.#limit(async () => {
        const patience = new AbortController()
        const working = work()
        working.then(resolve, reject)
        const settle = () => patience.abort(SETTLED)
        const settled = working.then(settle, settle)
        await Promise.race([settled, this.#clock.sleep(PATIENCE_MS, patience.signal)])
      })
    })
  }
}
