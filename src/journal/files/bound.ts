import type { Logger } from '../../runtime/logger.ts'

/** Of the bound, where it is told, and where the telling begins anew. */
const NEAR = 0.7
const FAR = 0.5
/** Of the bound, kept free for a checkpoint. */
const LEAST_RESERVE = 0.25

/** How large the journal may become: when its room is to be won back by a checkpoint, and what is said of it. */
export class Bound {
  readonly #maxBytes: number
  readonly #log: Logger
  #checkpointBytes = 0
  #leastBytes = 0
  #isNearTold = false
  #isPassedTold = false

  constructor(options: { maxBytes: number; log: Logger }) {
    this.#maxBytes = options.maxBytes
    this.#log = options.log
  }

  /** Whether a checkpoint is due: it needs its room beside what is there, and would win some. */
  isReached(bytes: number): boolean {
    const reserve = Math.max(this.#maxBytes * LEAST_RESERVE, 2 * this.#checkpointBytes)
    return bytes + reserve > this.#maxBytes && bytes >= 2 * this.#leastBytes
  }

  /** @param bytes all that is left, of which the checkpoint is a part */
  noteCheckpoint(checkpointBytes: number, bytes: number): void {
    this.#checkpointBytes = checkpointBytes
    this.#leastBytes = bytes
    const isPassed = bytes > this.#maxBytes
    if (isPassed && !this.#isPassedTold)
      this.#log.error(
        { bytes, maxBytes: this.#maxBytes },
        'the journal has outgrown its bound with nothing but what waits for the database; it grows on',
      )
    this.#isPassedTold = isPassed
  }

  /** Commits have freed some of it. */
  noteFreed(bytes: number): void {
    this.#leastBytes = Math.min(this.#leastBytes, bytes)
    if (bytes < this.#maxBytes * FAR) this.#isNearTold = false
  }

  /** Tells once where it nears the bound, until commits have freed a good part of it. */
  tell(bytes: number): void {
    if (bytes < this.#maxBytes * NEAR || this.#isNearTold) return
    this.#isNearTold = true
    this.#log.warn(
      { bytes, maxBytes: this.#maxBytes },
      'the journal nears its bound: nothing was committed for long',
    )
  }
}
