import { totalmem } from 'node:os'

/** What is held of one reply that is not complete. */
export class HeldReply {
  /** Ends its connection, and with it the reply. */
  readonly rest: () => void
  readonly #of: RepliesInFlight
  #bytes = 0

  constructor(of: RepliesInFlight, rest: () => void) {
    this.#of = of
    this.rest = rest
  }

  get bytes(): number {
    return this.#bytes
  }

  add(bytes: number): void {
    this.#bytes += bytes
    this.#of.grown(this, bytes)
  }

  /** It is complete, or never will be. */
  release(): void {
    this.#of.release(this)
  }
}

/**
 * The replies that are on their way, of all routers in the process. Where together they are more than may be held, the
 * largest of them is given up: whoever sends the most is the one who fills the memory of the others.
 */
export class RepliesInFlight {
  readonly #mostBytes: number
  readonly #held = new Set<HeldReply>()
  #bytes = 0

  /** With a bound that goes by the machine's memory. */
  static onThisMachine(): RepliesInFlight {
    return new RepliesInFlight(mostInFlight(totalmem()))
  }

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes
  }

  /** @param rest ends the connection of a reply that is given up */
  open(rest: () => void): HeldReply {
    const held = new HeldReply(this, rest)
    this.#held.add(held)
    return held
  }

  /** @param bytes that it has in addition */
  grown(held: HeldReply, bytes: number): void {
    // One that was given up may have sentences of the same chunk to come.
    if (!this.#held.has(held)) return
    this.#bytes += bytes
    while (this.#bytes > this.#mostBytes) {
      const largest = this.#largest()
      if (!largest) return
      this.release(largest)
      largest.rest()
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

/** How much the replies in flight may be, of a machine with so much memory. */
export function mostInFlight(totalBytes: number): number {
  return Math.max(LEAST_BYTES, totalBytes * SHARE)
}
