import { Socket } from 'node:net'

/** A pool's sockets, which can be cut all at once. Queries that wait for an answer then fail. */
export class Sockets {
  readonly #open = new Set<Socket>()
  #areCut = false

  get areCut(): boolean {
    return this.#areCut
  }

  /** Makes a socket, not connected yet. After a cut it is closed as soon as it connects. */
  readonly make = (): Socket => {
    const socket = new Socket()
    this.#open.add(socket)
    socket.once('close', () => this.#open.delete(socket))
    // A socket that is destroyed before `connect` would connect anyway.
    if (this.#areCut) setImmediate(() => socket.destroy())
    return socket
  }

  cut(): void {
    this.#areCut = true
    for (const socket of this.#open) socket.destroy()
  }
}
