import type { Socket } from 'node:net'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'

/** Whoever has connected to the hostile router, as that sees it. */
export class Victim {
  /** How many came before it. */
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

  /** Sends, and waits until there is room for more. @returns whether the victim is still there */
  async send(bytes: Buffer): Promise<boolean> {
    if (!this.isThere) return false
    this.#sentBytes += bytes.length
    // Never in one turn without an end: it is to hear of its parent's orders, too.
    if (this.#socket.write(bytes)) await nextTurn()
    else await this.#drained()
    return this.isThere
  }

  /** All of these, one after the other. */
  async sendAll(pieces: Iterable<Buffer>): Promise<boolean> {
    for (const piece of pieces) if (!(await this.send(piece))) return false
    return this.isThere
  }

  async pause(ms: number): Promise<boolean> {
    await sleep(ms, undefined, { signal: this.#over.signal }).catch(() => {}) // It has gone.
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
