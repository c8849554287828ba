import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { addressIn, networkOf } from '../../runtime/address.ts'
import { Seats } from '../../runtime/capacity.ts'

export interface ConnectionsOptions {
  /** Open at the same time from one address. */
  readonly perAddress: number
  /** Open at the same time in all; asked for each connection. More would take the daemon's own file descriptors. */
  readonly most: () => number
  /** Whether an address is a proxy of many clients. Only the total limits its connections. */
  readonly isProxy: (address: string) => boolean
  readonly onRefused: (refusal: 'too_many' | 'no_room', address: string) => void
}

interface Connection {
  readonly socket: Socket
  readonly key: string
  readonly address: string
  /** Whether it takes one of its address's seats. */
  readonly isCounted: boolean
  /** Requests and subscriptions with a valid token. */
  pins: number
}

/**
 * Counts a server's TCP connections from the moment they are accepted: idle ones, TLS handshakes and WebSockets alike.
 *
 *     stranger ── shows a valid token ──▶ pinned ── its request is answered ──▶ stranger
 *
 * When all are taken, a new connection replaces the stranger whose last request, or else connect, is the oldest. An honest
 * client asks as soon as it has connected, so connections that are only held are the first to go, and holding them keeps
 * nobody out. A pinned connection is never closed for another one.
 */
export class Connections {
  readonly #options: ConnectionsOptions
  readonly #open = new Map<string, Connection>()
  /** In the order of their last request or, without one, of their connect. */
  readonly #strangers = new Set<Connection>()
  readonly #seats: Seats

  constructor(options: ConnectionsOptions) {
    this.#options = options
    this.#seats = new Seats(options.perAddress)
  }

  /** Takes a new connection, or closes it at once. */
  admit(socket: Socket): void {
    const key = keyOf(socket)
    const address = addressIn(socket.remoteAddress ?? '')
    if (key === undefined || address === undefined) {
      // It is gone already.
      socket.destroy()
      return
    }
    const network = networkOf(address)
    const isCounted = !this.#options.isProxy(address)
    const refusal = this.#take(network, isCounted)
    if (refusal !== undefined) {
      this.#refuse(socket, refusal, network)
      return
    }
    const connection: Connection = { socket, key, address: network, isCounted, pins: 0 }
    this.#open.set(key, connection)
    this.#strangers.add(connection)
    socket.once('close', () => this.#forget(connection))
  }

  /** Notes a request. @param stream the TCP socket, or the TLS socket on it */
  asks(stream: Duplex): void {
    const connection = this.#of(stream)
    if (connection === undefined || !this.#strangers.delete(connection)) return
    this.#strangers.add(connection)
  }

  /** Notes a valid token: the connection is kept until `unpin` was called as often. */
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
    const key = stream instanceof Socket ? keyOf(stream) : undefined
    return key === undefined ? undefined : this.#open.get(key)
  }

  /** Takes room for one more. @returns why there is none */
  #take(address: string, isCounted: boolean): 'too_many' | 'no_room' | undefined {
    if (isCounted && !this.#seats.take(address)) return 'too_many'
    if (this.#hasRoom()) return undefined
    if (isCounted) this.#seats.release(address)
    return 'no_room'
  }

  /** @returns whether there is room for one more, made if need be */
  #hasRoom(): boolean {
    if (this.#open.size < this.#options.most()) return true
    for (const oldest of this.#strangers) {
      // Its descriptor is free at once, though it is closed only later to those who listen.
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

/** Names a connection by both of its ends, which TCP and TLS sockets share. `undefined` once the peer is gone. */
function keyOf({ remoteAddress, remotePort, localAddress }: Socket): string | undefined {
  return remoteAddress === undefined ? undefined : `${remotePort} ${remoteAddress} ${localAddress}`
}
