import type { Socket } from 'node:net'
import { createSecureContext, TLSSocket } from 'node:tls'
import type { Served } from './answer.ts'
import type { TlsIdentity } from './certificate.ts'
import { ApiConnection } from './connection.ts'
import type { Ending } from './faults.ts'
import type { Truth } from './truth.ts'

interface Client {
  readonly tcp: Socket
  /** The TLS socket, or `tcp` itself. */
  readonly socket: Socket
  /** `undefined` if it came while the router was deaf. */
  readonly connection: ApiConnection | undefined
}

/** The current connections of a router. */
export class Clients {
  readonly #served: Served
  readonly #truth: Truth
  readonly #tls: TlsIdentity | undefined
  readonly #clients = new Set<Client>()

  constructor(options: { served: Served; truth: Truth; tls: TlsIdentity | undefined }) {
    this.#served = options.served
    this.#truth = options.truth
    this.#tls = options.tls
  }

  get count(): number {
    return this.#clients.size
  }

  accept(tcp: Socket): void {
    tcp.on('error', () => {}) // `close` follows and is all that matters.
    const client = this.#served.faults.hang === 'deaf' ? this.#leave(tcp) : this.#serve(tcp)
    this.#clients.add(client)
    tcp.once('close', () => {
      this.#clients.delete(client)
      client.connection?.destroy()
    })
  }

  #leave(tcp: Socket): Client {
    tcp.pause()
    return { tcp, socket: tcp, connection: undefined }
  }

  #serve(tcp: Socket): Client {
    const socket = this.#tls ? this.#secure(tcp, this.#tls) : tcp
    const connection = new ApiConnection(this.#served, this.#truth.connection(), socket, tcp)
    socket.on('data', chunk => connection.receive(chunk))
    return { tcp, socket, connection }
  }

  #secure(tcp: Socket, identity: TlsIdentity): TLSSocket {
    const socket = new TLSSocket(tcp, { isServer: true, secureContext: createSecureContext(identity) })
    socket.on('error', () => tcp.destroy())
    return socket
  }

  /** Resolves when all are ended; replies that were handed over whole arrive before. */
  async end(by: Ending): Promise<void> {
    await Promise.all(
      Array.from(this.#clients, async ({ tcp, connection }) => {
        if (connection) await connection.end(by)
        else tcp.resetAndDestroy()
      }),
    )
  }

  fatal(reason: string): void {
    for (const { connection } of this.#clients) connection?.fatal(reason)
  }

  /** Stops reading. */
  pause(): void {
    for (const { socket } of this.#clients) socket.pause()
  }

  /** Continues after a hang. Waiting requests are answered late or cut off. */
  async resume(how: { answersLate: boolean }): Promise<void> {
    await Promise.all(
      Array.from(this.#clients, async ({ tcp, socket, connection }) => {
        if (!connection) tcp.resetAndDestroy()
        else if (!how.answersLate && (socket.isPaused() || connection.hasUnanswered))
          await connection.end('rst')
        else {
          socket.resume()
          connection.pump()
        }
      }),
    )
  }

  destroy(): void {
    for (const { tcp, connection } of this.#clients) {
      connection?.destroy()
      tcp.destroy()
    }
  }
}
