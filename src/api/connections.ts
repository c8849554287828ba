import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { addressIn, networkOf } from '../runtime/address.ts'
import { Seats } from '../runtime/seats.ts'

export interface ConnectionsOptions {
  /** Open at the same time from one address. */
  readonly perAddress: number
  /** Open at the same time in all, as it is now: for the others there would be no file descriptor. */
  readonly most: () => number
  /** Whose connections are those of many clients, so that only the total counts for them. */
  readonly isProxy: (address: string) => boolean
  readonly onRefused: (refusal: 'too_many' | 'no_room', address: string) => void
}

interface Connection {
  readonly socket: Socket
  readonly key: string
  readonly address: string
  /** Whether it takes one of its address's seats. */
  readonly isCounted: boolean
  /** Requests under way with a token that holds, or 1 for the rest of its time. */
  pins: number
}

/**
 * All TCP connections of a server, from the first packet on: idle ones, TLS handshakes and WebSockets alike.
 *
 *     a stranger's ── a token that holds ──▶ pinned ── the request has ended ──▶ a stranger's
 *
 * Where all are taken, a new one takes the place of that stranger's which asked for something the longest time ago, or
 * never did: an honest client asks as soon as it is connected, so whoever only holds connections loses them first, and
 * however many he makes, the next honest one gets in. Whoever has shown a token that holds is never closed for another.
 */
export class Connections {
  readonly #options: ConnectionsOptions
  readonly #open = new Map<string, Connection>()
  /** Those that asked for something last are the last. */
  readonly #strangers = new Set<Connection>()
  readonly #seats: Seats

  constructor(options: ConnectionsOptions) {
    this.#options = options
    this.#seats = new Seats(options.perAddress)
  }

  get size(): number {
    return this.#open.size
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

  /** A request has come by it. @param stream the socket, or what TLS has made of it */
  asks(stream: Duplex): void {
    const connection = this.#of(stream)
    if (connection === undefined || !this.#strangers.delete(connection)) return
    this.#strangers.add(connection)
  }

  /** It has shown a token that holds. */
  pin(stream: Duplex): void {
    const connection = this.#of(stream)
    if (connection === undefined) return
    connection.pins += 1
    this.#strangers.delete(connection)
  }

  /** What it was pinned for is over. */
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

/** Both of its ends: the same for a socket and for TLS on it. `undefined` once it is gone. */
function keyOf({ remoteAddress, remotePort, localAddress }: Socket): string | undefined {
  return remoteAddress === undefined ? undefined : `${remotePort} ${remoteAddress} ${localAddress}`
}
