import type { Socket } from 'node:net'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import type { Ending } from './faults.ts'
import { delivered } from './unsent.ts'

/**
 * The sending side of one connection: takes chunks one after another, whole or byte by byte, and ends it. Bytes
 * count as handed over when the kernel has taken them. A chunk that it has not taken whole when the connection is
 * aborted never gets there whole.
 */
export class Outlet {
  readonly #socket: Socket
  /** The TCP socket beneath TLS, or the same one. */
  readonly #tcp: Socket
  readonly #onReady: () => void
  #isBusy = false
  #isEnding = false

  /** @param onReady called when it was busy and takes the next chunk */
  constructor(socket: Socket, tcp: Socket, onReady: () => void) {
    this.#socket = socket
    this.#tcp = tcp
    this.#onReady = onReady
  }

  get isBusy(): boolean {
    return this.#isBusy || this.#isEnding
  }

  /** @param handed called when the kernel has all of the bytes; never, where the connection ends before */
  write(bytes: Buffer, handed: () => void): void {
    const isRoom = this.#socket.write(bytes, error => {
      if (!error) handed()
    })
    if (isRoom) return
    this.#isBusy = true
    this.#socket.once('drain', () => this.#ready())
  }

  /** Byte by byte, each in a packet of its own. */
  async trickle(bytes: Buffer, pauseMs: number, handed: () => void): Promise<void> {
    this.#isBusy = true
    for (let at = 0; at < bytes.length; at++) {
      if (this.#isEnding || !(await this.#writeByte(bytes.subarray(at, at + 1)))) return
      if (at < bytes.length - 1) await (pauseMs === 0 ? nextTurn() : sleep(pauseMs))
    }
    handed()
    this.#ready()
  }

  #writeByte(byte: Buffer): Promise<boolean> {
    return new Promise(resolve => this.#socket.write(byte, error => resolve(!error)))
  }

  #ready(): void {
    this.#isBusy = false
    this.#onReady()
  }

  /** Takes no more. What was handed over before arrives, then the connection is aborted or closed in order. */
  async end(by: Ending): Promise<void> {
    if (this.#isEnding) return
    this.#isEnding = true
    if (by === 'fin') {
      this.#socket.end()
      return
    }
    await delivered(this.#tcp)
    this.destroy()
  }

  /** At once, with an RST. */
  destroy(): void {
    this.#isEnding = true
    this.#tcp.resetAndDestroy()
    this.#socket.destroy()
  }
}
