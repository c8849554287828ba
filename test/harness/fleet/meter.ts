import { addBytes, type Bytes, NO_BYTES } from '../../../src/accounting/bytes.ts'

/** A source of bytes over time: a session. */
export interface Flow {
  /** Bytes since its beginning. */
  movedAt(nowMs: number): Bytes
}

/** A pair of counters: they run while a flow is on them, stand otherwise, and can be set to zero. */
export class Meter {
  #flow: Flow | undefined
  /** The counters without the flow's own bytes. */
  #kept: Bytes = NO_BYTES
  /** Bytes of the flow that a reset removed. */
  #cleared: Bytes = NO_BYTES

  /** Starts a flow, which counts from its own beginning. */
  run(flow: Flow): void {
    this.#flow = flow
    this.#cleared = NO_BYTES
  }

  halt(nowMs: number): void {
    this.#kept = this.readAt(nowMs)
    this.#flow = undefined
  }

  /** Sets the counters as if nothing had been before; a reset sets zero. */
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
