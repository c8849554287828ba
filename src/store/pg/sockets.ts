import { Socket } from 'node:net'

/** A pool's sockets, which can be cut off all at once: whoever waits for an answer gets an error instead. */
export class Sockets {
  readonly #open = new Set<Socket>()
  #areCut = false

  get areCut(): boolean {
    return this.#areCut
  }

  /** One that is yet to be connected. After a cut it ends as soon as it is. */
  readonly make = (): Socket => {
    const socket = new Socket()
    this.#open.add(socket)
    socket.once('close', () => this.#open.delete(socket))
    // One that is destroyed before would connect all the same.
    if (this.#areCut) setImmediate(() => socket.destroy())
    return socket
  }

  cut(): void {
    this.#areCut = true
    for (const socket of this.#open) socket.destroy()
  }
}
