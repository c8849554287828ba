import type { Logger } from '../../runtime/logger.ts'

/** The part of the bound at which a warning is logged, and the part below which the next warning may follow. */
const NEAR = 0.7
const FAR = 0.5
/** The part of the bound that is kept free for a checkpoint. */
const LEAST_RESERVE = 0.25

/** Bounds the size of the journal: decides when a checkpoint must free space, and logs when the bound is near. */
export class Bound {
  readonly #maxBytes: number
  readonly #log: Logger
  #checkpointBytes = 0
  #leastBytes = 0
  #isNearReported = false
  #isPassedReported = false

  constructor(options: { maxBytes: number; log: Logger }) {
    this.#maxBytes = options.maxBytes
    this.#log = options.log
  }

  /** Whether a checkpoint is due. It needs space beside what is there, and must free some. */
  isReached(bytes: number): boolean {
    const reserve = Math.max(this.#maxBytes * LEAST_RESERVE, 2 * this.#checkpointBytes)
    return bytes + reserve > this.#maxBytes && bytes >= 2 * this.#leastBytes
  }

  /** Notes a checkpoint, and logs if the bound is passed even so. @param bytes of all that is left, with the checkpoint */
  noteCheckpoint(checkpointBytes: number, bytes: number): void {
    this.#checkpointBytes = checkpointBytes
    this.#leastBytes = bytes
    const isPassed = bytes > this.#maxBytes
    if (isPassed && !this.#isPassedReported)
      this.#log.error(
        { bytes, maxBytes: this.#maxBytes },
        'the journal is larger than its bound although it has only what waits for the database; it continues to grow',
      )
    this.#isPassedReported = isPassed
  }

  /** Notes that commits freed space. */
  noteFreed(bytes: number): void {
    this.#leastBytes = Math.min(this.#leastBytes, bytes)
    if (bytes < this.#maxBytes * FAR) this.#isNearReported = false
  }

  /** Logs once that the bound is near, until commits have freed much space. */
  report(bytes: number): void {
    if (bytes < this.#maxBytes * NEAR || this.#isNearReported) return
    this.#isNearReported = true
    this.#log.warn(
      { bytes, maxBytes: this.#maxBytes },
      'the journal is near its bound: nothing was committed for a long time',
    )
  }
}
