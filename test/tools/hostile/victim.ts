import type { Socket } from 'node:net'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'

/** A client of the hostile router. */
export class Victim {
  /** Number of earlier clients. */
  readonly number: number
  readonly #socket: Socket
  readonly #over = new AbortController()
  #sentBytes = 0

  constructor(socket: Socket, number: number) {
    this.number = number
    this.#socket = socket
    socket.on('error', () => {}) // `close` follows.
    socket.once('close', () => this.#over.abort())
  }

  get isThere(): boolean {
    return !this.#over.signal.aborted
  }

  get sentBytes(): number {
    return this.#sentBytes
  }

  /** Sends, and waits until there is room for more. @returns whether the victim is still connected */
  async send(bytes: Buffer): Promise<boolean> {
    if (!this.isThere) return false
    this.#sentBytes += bytes.length
    // Gives up its turn each time, so that the parent's requests arrive.
    if (this.#socket.write(bytes)) await nextTurn()
    else await this.#drained()
    return this.isThere
  }

  /** Sends all pieces, one after the other. */
  async sendAll(pieces: Iterable<Buffer>): Promise<boolean> {
    for (const piece of pieces) if (!(await this.send(piece))) return false
    return this.isThere
  }

  async pause(ms: number): Promise<boolean> {
    await sleep(ms, undefined, { signal: this.#over.signal }).catch(() => {}) // It has disconnected.
    return this.isThere
  }

  hangUp(): void {
    this.#socket.destroy()
  }

  #drained(): Promise<void> {
    const { signal } = this.#over
    return new Promise(resolve => {
      const done = () => {
        this.#socket.off('drain', done)
        signal.removeEventListener('abort', done)
        resolve()
      }
      this.#socket.once('drain', done)
      signal.addEventListener('abort', done)
    })
  }
}
