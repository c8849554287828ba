import { totalmem } from 'node:os'

/** The part of an incomplete reply that is held. */
export class HeldReply {
  /** Ends its connection, and so the reply. */
  readonly giveUp: () => void
  readonly #of: RepliesInFlight
  #bytes = 0

  constructor(of: RepliesInFlight, giveUp: () => void) {
    this.#of = of
    this.giveUp = giveUp
  }

  get bytes(): number {
    return this.#bytes
  }

  add(bytes: number): void {
    this.#bytes += bytes
    this.#of.grown(this, bytes)
  }

  /** Called when the reply is complete, or will never be. */
  release(): void {
    this.#of.release(this)
  }
}

/**
 * The incomplete replies of all routers in this process. If together they exceed the limit, the largest one is given
 * up, because its router takes the memory that the others need.
 */
export class RepliesInFlight {
  readonly #mostBytes: number
  readonly #held = new Set<HeldReply>()
  #bytes = 0

  /** Takes a limit that depends on this machine's memory. */
  static onThisMachine(): RepliesInFlight {
    return new RepliesInFlight(mostInFlight(totalmem()))
  }

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes
  }

  /** @param giveUp ends the connection of a reply that is given up */
  open(giveUp: () => void): HeldReply {
    const held = new HeldReply(this, giveUp)
    this.#held.add(held)
    return held
  }

  /** @param bytes that were added to it */
  grown(held: HeldReply, bytes: number): void {
    // A reply that was given up may get more sentences from the same chunk.
    if (!this.#held.has(held)) return
    this.#bytes += bytes
    while (this.#bytes > this.#mostBytes) {
      const largest = this.#largest()
      if (!largest) return
      this.release(largest)
      largest.giveUp()
    }
  }

  release(held: HeldReply): void {
    if (this.#held.delete(held)) this.#bytes -= held.bytes
  }

  #largest(): HeldReply | undefined {
    let largest: HeldReply | undefined
    for (const held of this.#held) if (!largest || held.bytes > largest.bytes) largest = held
    return largest
  }
}

const LEAST_BYTES = 128 * 1024 * 1024
const SHARE = 1 / 8

/** Returns the limit for the replies in flight on a machine with this much memory, in bytes. */
export function mostInFlight(totalBytes: number): number {
  return Math.max(LEAST_BYTES, totalBytes * SHARE)
}
