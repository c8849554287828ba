import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { addressIn, networkOf } from '../../runtime/address.ts'
import { Seats } from '../../runtime/capacity.ts'

export interface ConnectionsOptions {
  /** The most connections that one address may have open. */
  readonly perAddress: number
  /** The most connections in total; called for each new one. More would take file descriptors that the daemon needs. */
  readonly most: () => number
  /** Whether an address is a proxy of many clients. Then only the total limits its connections. */
  readonly isProxy: (address: string) => boolean
  readonly onRefused: (refusal: 'too_many' | 'no_room', address: string) => void
}

interface Connection {
  readonly socket: Socket
  readonly key: string
  readonly address: string
  /** Whether it counts toward the limit of its address. */
  readonly isCounted: boolean
  /** How many requests and WebSockets with a valid token it has. */
  pins: number
}

/**
 * Limits a server's TCP connections from the moment they are accepted: idle ones, TLS handshakes and WebSockets alike.
 *
 *     stranger ── sends a valid token ──▶ pinned ── its request is answered ──▶ stranger
 *
 * At the limit, a new connection replaces the stranger whose last request (or connect, if it sent none) is the oldest. An
 * honest client sends its request at once, so connections that are only held open go first, and keep nobody out. A pinned
 * connection is never closed for another one.
 */
export class Connections {
  readonly #options: ConnectionsOptions
  readonly #open = new Map<string, Connection>()
  /** Ordered by their last request or, without one, by their connect. */
  readonly #strangers = new Set<Connection>()
  readonly #seats: Seats

  constructor(options: ConnectionsOptions) {
    this.#options = options
    this.#seats = new Seats(options.perAddress)
  }

  /** Accepts a new connection, or closes it at once. @returns what to call once an accepted one has closed */
  admit(socket: Socket): (() => void) | undefined {
    const key = connectionKey(socket)
    const address = addressIn(socket.remoteAddress ?? '')
    if (key === undefined || address === undefined) {
      // The peer has closed it already.
      socket.destroy()
      return undefined
    }
    const network = networkOf(address)
    const isCounted = !this.#options.isProxy(address)
    const refusal = this.#take(network, isCounted)
    if (refusal !== undefined) {
      this.#refuse(socket, refusal, network)
      return undefined
    }
    const connection: Connection = { socket, key, address: network, isCounted, pins: 0 }
    this.#open.set(key, connection)
    this.#strangers.add(connection)
    return () => this.#forget(connection)
  }

  /** Notes that a request arrived. @param stream the TCP socket, or the TLS socket on it */
  noteRequest(stream: Duplex): void {
    const connection = this.#of(stream)
    if (connection === undefined || !this.#strangers.delete(connection)) return
    this.#strangers.add(connection)
  }

  /** Notes a valid token: the connection is kept until `unpin` has been called as often as `pin`. */
  pin(stream: Duplex): void {
    const connection = this.#of(stream)
    if (connection === undefined) return
    connection.pins += 1
    this.#strangers.delete(connection)
  }

  /** Undoes one `pin`. */
  unpin(stream: Duplex): void {
    const connection = this.#of(stream)
    if (connection === undefined) return
    connection.pins -= 1
    if (connection.pins === 0) this.#strangers.add(connection)
  }

  #of(stream: Duplex): Connection | undefined {
    const key = stream instanceof Socket ? connectionKey(stream) : undefined
    return key === undefined ? undefined : this.#open.get(key)
  }

  /** Takes a place for one more. @returns the reason if there is none */
  #take(address: string, isCounted: boolean): 'too_many' | 'no_room' | undefined {
    if (isCounted && !this.#seats.take(address)) return 'too_many'
    if (this.#hasRoom()) return undefined
    if (isCounted) this.#seats.release(address)
    return 'no_room'
  }

  /** @returns whether one more fits. If necessary, it closes the oldest stranger. */
  #hasRoom(): boolean {
    if (this.#open.size < this.#options.most()) return true
    for (const oldest of this.#strangers) {
      // Its descriptor is free at once, although the event `close` comes later.
      this.#forget(oldest)
      this.#refuse(oldest.socket, 'no_room', oldest.address)
      return true
    }
    return false
  }

  #forget(connection: Connection): void {
    const { key, address, isCounted } = connection
    if (this.#open.get(key) !== connection) return
    this.#open.delete(key)
    this.#strangers.delete(connection)
    if (isCounted) this.#seats.release(address)
  }

  #refuse(socket: Socket, refusal: 'too_many' | 'no_room', address: string): void {
    this.#options.onRefused(refusal, address)
    socket.destroy()
  }
}

/** A key of both ends, which a TLS socket and its TCP socket have in common. `undefined` once the peer is gone. */
function connectionKey({ remoteAddress, remotePort, localAddress }: Socket): string | undefined {
  return remoteAddress === undefined ? undefined : `${remotePort} ${remoteAddress} ${localAddress}`
}
