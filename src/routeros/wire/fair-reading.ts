import { LONGEST_BLOCK_MS } from '../../runtime/block.ts'

/** What a socket offers for it. */
export interface Pausable {
  pause(): unknown
  resume(): unknown
}

/**
 * Keeps a router that sends and sends from holding up the others. Of a socket that has so much, Node reads dozens of
 * chunks in one turn of the event loop: where taking them apart is long work, the next chunk waits for the next turn.
 */
export class FairReading {
  readonly #socket: Pausable
  /** In this turn. */
  #spentMs = 0
  #isTurnNoted = false
  #isPaused = false

  constructor(socket: Pausable) {
    this.#socket = socket
  }

  /** @param work on one chunk */
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
