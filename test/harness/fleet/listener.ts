import { createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const ATTEMPTS = 100

/** A TCP port that can be closed and opened again with the same number, while its connections stay. */
export class Listener {
  readonly #host: string
  readonly #onSocket: (socket: Socket) => void
  #port: number
  #server: Server | undefined

  /** @param options port 0 takes any free one, and keeps it from then on */
  constructor(options: { host: string; port: number; onSocket: (socket: Socket) => void }) {
    this.#host = options.host
    this.#port = options.port
    this.#onSocket = options.onSocket
  }

  get port(): number {
    return this.#port
  }

  get isOpen(): boolean {
    return this.#server !== undefined
  }

  async open(): Promise<void> {
    for (let attempt = 1; !this.#server; attempt++) {
      try {
        await this.#listen()
      } catch (error) {
        // While it was closed, an outgoing connection of another process may have got the port.
        if (attempt === ATTEMPTS || this.#port === 0) throw error
        await sleep(50)
      }
    }
  }

  #listen(): Promise<void> {
    const server = createServer({ noDelay: true }, socket => this.#onSocket(socket))
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(this.#port, this.#host, () => {
        server.off('error', reject)
        const address = server.address()
        if (address !== null && typeof address !== 'string') this.#port = address.port
        this.#server = server
        resolve()
      })
    })
  }

  /** From now on connections are refused; existing ones stay. */
  close(): void {
    this.#server?.close()
    this.#server = undefined
  }
}
