import type { Socket } from 'node:net'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import type { Ending } from './faults.ts'
import { delivered } from './unsent.ts'

/**
 * The sending side of one connection: sends chunks one after another, whole or byte by byte, and ends it. Bytes count
 * as handed over when the kernel has taken them. If the kernel has not taken a whole chunk when the connection is
 * aborted, the chunk never arrives whole.
 */
export class Outlet {
  readonly #socket: Socket
  /** The TCP socket below TLS, or the same socket. */
  readonly #tcp: Socket
  readonly #onReady: () => void
  #isBusy = false
  #isEnding = false

  /** @param onReady called when it was busy and can send the next chunk */
  constructor(socket: Socket, tcp: Socket, onReady: () => void) {
    this.#socket = socket
    this.#tcp = tcp
    this.#onReady = onReady
  }

  get isBusy(): boolean {
    return this.#isBusy || this.#isEnding
  }

  /** @param handed called when the kernel has all bytes; never if the connection ends before */
  write(bytes: Buffer, handed: () => void): void {
    const isRoom = this.#socket.write(bytes, error => {
      if (!error) handed()
    })
    if (isRoom) return
    this.#isBusy = true
    this.#socket.once('drain', () => this.#ready())
  }

  /** Sends byte by byte, each in its own packet. */
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

  /** Accepts no further bytes. Bytes that were handed over still arrive, then the connection is aborted or closed in order. */
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

  /** Ends at once, with an RST. */
  destroy(): void {
    this.#isEnding = true
    this.#tcp.resetAndDestroy()
    this.#socket.destroy()
  }
}
