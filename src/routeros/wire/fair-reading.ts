import { LONGEST_BLOCK_MS } from '../../runtime/block.ts'

/** The part of a socket that is needed. */
export interface Pausable {
  pause(): unknown
  resume(): unknown
}

/**
 * Keeps a router that sends a lot from delaying the others. Node reads dozens of chunks from such a socket in one turn
 * of the event loop. If decoding them takes long, the next chunk waits for the next turn.
 */
export class FairReading {
  readonly #socket: Pausable
  /** Time spent on chunks in this turn. */
  #spentMs = 0
  #isTurnNoted = false
  #isPaused = false

  constructor(socket: Pausable) {
    this.#socket = socket
  }

  /** Does the work on one chunk, and pauses the socket if this turn's work took long. */
  take(work: () => void): void {
    const beganMs = performance.now()
    work()
    this.#spentMs += performance.now() - beganMs
    this.#noteTurn()
    if (this.#isPaused || this.#spentMs < LONGEST_BLOCK_MS) return
    this.#isPaused = true
    this.#socket.pause()
  }

  #noteTurn(): void {
    if (this.#isTurnNoted) return
    this.#isTurnNoted = true
    setImmediate(() => {
      this.#isTurnNoted = false
      this.#spentMs = 0
      if (!this.#isPaused) return
      this.#isPaused = false
      this.#socket.resume()
    })
  }
}
