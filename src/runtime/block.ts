import { setImmediate } from 'node:timers/promises'

/** After so much work, whatever else waits gets its turn. */
export const LONGEST_BLOCK_MS = 10

/** Work without a pause: whoever does much of it looks now and then whether it is too long, and pauses. */
export class Block {
  #beganMs = performance.now()

  get isTooLong(): boolean {
    return performance.now() - this.#beganMs >= LONGEST_BLOCK_MS
  }

  /** Until all others that wait had their turn. */
  async pause(): Promise<void> {
    await setImmediate()
    this.#beganMs = performance.now()
  }
}
