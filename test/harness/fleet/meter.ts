import { addBytes, type Bytes, NO_BYTES } from '../../../src/accounting/bytes.ts'

/** Whatever moves bytes as time goes by: a session. */
export interface Flow {
  /** Bytes since it began. */
  movedAt(nowMs: number): Bytes
}

/** A pair of counters of the router: they run while a flow is on them, stand while none is, and can be set to zero. */
export class Meter {
  #flow: Flow | undefined
  /** What the counters showed beside the flow's own bytes. */
  #kept: Bytes = NO_BYTES
  /** The flow's bytes that a reset took away. */
  #cleared: Bytes = NO_BYTES

  /** The flow counts from its own beginning. */
  run(flow: Flow): void {
    this.#flow = flow
    this.#cleared = NO_BYTES
  }

  halt(nowMs: number): void {
    this.#kept = this.readAt(nowMs)
    this.#flow = undefined
  }

  /** Sets the counters without a trace of what was before, as a reset does with zero. */
  set(bytes: Bytes, nowMs: number): void {
    this.#kept = bytes
    this.#cleared = this.#flow?.movedAt(nowMs) ?? NO_BYTES
  }

  readAt(nowMs: number): Bytes {
    if (this.#flow === undefined) return this.#kept
    const moved = this.#flow.movedAt(nowMs)
    return addBytes(this.#kept, {
      upload: moved.upload - this.#cleared.upload,
      download: moved.download - this.#cleared.download,
    })
  }
}
