import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { AlertJson } from '../accounting/alert.ts'
import type { TenantId } from '../accounting/ids.ts'
import type { TokenVerifier } from '../auth/bearer.ts'
import { Seats } from '../runtime/capacity.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Component } from '../runtime/component.ts'
import type { Logger } from '../runtime/logger.ts'
import type { AlertSource } from './alert-topic.ts'
import { CLOSE } from './close-codes.ts'
import { FeedClient, type FeedClientOptions } from './feed-client.ts'
import { MAX_MESSAGE_BYTES } from './feed-messages.ts'
import type { SnapshotSource } from './frames.ts'
import { type Handshake, readHandshake, SUBPROTOCOL } from './handshake.ts'
import { Hub } from './hub.ts'
import type { FeedLimits } from './limits.ts'
import type { PusherApp } from './pusher/app.ts'
import { PUSHER_CODE, type PusherFault } from './pusher/codes.ts'
import { PusherClient } from './pusher/pusher-client.ts'
import { handshakeFault } from './pusher/pusher-handshake.ts'
import { type StrangerLimits, Visit } from './visit.ts'

export interface FeedServerOptions {
  readonly source: SnapshotSource
  readonly alerts: AlertSource
  readonly verifier: TokenVerifier
  /** Origins of pages in browsers that may connect, exactly as sent in `Origin`. */
  readonly origins: readonly string[]
  /** Finds the address to which limits apply, and limits clients without a valid token. */
  readonly strangers: StrangerLimits & { addressOf(request: IncomingMessage): string }
  readonly intervalMs: number
  readonly serverVersion: string
  readonly limits: FeedLimits
  readonly clock: Clock
  readonly log: Logger
}

/** A client of either protocol, as seen by timeouts and by the stop. */
interface Connected {
  checkTime(nowMs: number, wallMs: number): void
  rulesChanged(): void
  close(code: typeof CLOSE.goingAway, reason: string): void
}

/** How often clients are checked for late or expired tokens, slowness and pings. */
const CHECK_EVERY_MS = 1000
/** How long clients have to answer a close: when the server stops, and at other times. */
const STOP_WITHIN_MS = 1000
const CLOSE_WITHIN_MS = 10_000
/** After this many clients, other work gets its turn. */
const LOOKED_AT_AT_ONCE = 100
const TOO_MANY = 'too many connections from the address'

const SOCKET_OPTIONS = {
  noServer: true,
  maxPayload: MAX_MESSAGE_BYTES,
  maxFragments: 16,
  perMessageDeflate: false,
  closeTimeout: CLOSE_WITHIN_MS,
  handleProtocols: (offered: Set<string>) => offered.has(SUBPROTOCOL) && SUBPROTOCOL,
}

/** The feed, on the upgrade requests of an HTTP server: in its own protocol and in Pusher's. */
export class FeedServer implements Component {
  readonly #options: FeedServerOptions
  readonly #sockets = new WebSocketServer(SOCKET_OPTIONS)
  readonly #clients = new Set<Connected>()
  readonly #hub: Hub
  readonly #clientOptions: FeedClientOptions
  readonly #addressSeats: Seats
  readonly #stopping = new AbortController()
  #running: Promise<unknown> | undefined

  constructor(options: FeedServerOptions) {
    this.#options = options
    this.#hub = new Hub(options)
    const seats = new Seats(options.limits.connectionsPerTenant)
    this.#clientOptions = { ...options, hub: this.#hub, seats }
    this.#addressSeats = new Seats(options.limits.connectionsPerAddress)
  }

  get connections(): number {
    return this.#clients.size
  }

  start(): void {
    const { signal } = this.#stopping
    this.#running = Promise.all([this.#hub.run(signal), this.#checkClients(signal)])
  }

  /** Closes every client, and returns when all are gone; those that do not answer are cut off after a second. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
    this.#running = undefined
    const gone = Promise.all(Array.from(this.#sockets.clients, closed))
    for (const client of this.#clients) client.close(CLOSE.goingAway, 'going away')
    const waiting = new AbortController()
    await Promise.race([gone, this.#options.clock.sleep(STOP_WITHIN_MS, waiting.signal)])
    waiting.abort()
    for (const socket of this.#sockets.clients) socket.terminate()
    await gone
  }

  /**
   * Verifies the tokens of all connections again, after the rules of the verifier have changed. Connections whose token
   * is no longer valid are closed; those that cannot be verified now are asked to come back later.
   */
  async rulesChanged(): Promise<void> {
    const { signal } = this.#stopping
    let count = 0
    for (const client of [...this.#clients]) {
      // Also before the first one: tokens verified with the old rules have been stored by then.
      if (count % LOOKED_AT_AT_ONCE === 0) await this.#options.clock.sleep(0, signal)
      if (signal.aborted) return
      client.rulesChanged()
      count += 1
    }
  }

  /** Sends an alert that fired or ended to its subscribers. `alerts` already contains it. */
  publishAlert(tenant: TenantId, alert: AlertJson): void {
    this.#hub.publishAlert(tenant, alert)
  }

  /** Handles an upgrade request for the feed's path. Never throws. */
  readonly upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const { strangers } = this.#options
    const address = strangers.addressOf(request)
    const handshake = this.#handshake(request)
    if (handshake.kind === 'refuse') {
      if (handshake.status === 403) strangers.refused('forbidden', address)
      refuse(socket, handshake.status)
    } else if (handshake.token === undefined && !strangers.mayUpgrade(address)) {
      strangers.refused('too_many', address)
      refuse(socket, 429)
    } else {
      this.#sockets.handleUpgrade(request, socket, head, accepted =>
        this.#accept(accepted, socket, address, handshake.token),
      )
    }
  }

  /** Returns the handler of upgrade requests for `/app/{key}`. */
  pusherUpgrade(app: PusherApp): typeof this.upgrade {
    return (request, socket, head) => {
      if (!this.#isRunning()) {
        refuse(socket, 503)
        return
      }
      const { strangers, origins } = this.#options
      const address = strangers.addressOf(request)
      if (!strangers.mayUpgrade(address)) {
        strangers.refused('too_many', address)
        refuse(socket, 429)
        return
      }
      const fault = handshakeFault(request, app.key, origins)
      this.#sockets.handleUpgrade(request, socket, head, accepted =>
        this.#acceptPusher(accepted, socket, address, app, fault),
      )
    }
  }

  #isRunning(): boolean {
    return this.#running !== undefined && !this.#stopping.signal.aborted
  }

  #handshake({ headers }: IncomingMessage): Handshake {
    if (!this.#isRunning()) return { kind: 'refuse', status: 503 }
    return readHandshake(headers, this.#options.origins)
  }

  #accept(socket: WebSocket, stream: Duplex, address: string, token: string | undefined): void {
    const client = new FeedClient(socket, stream, this.#visit(stream, address), this.#clientOptions)
    const isSeated = this.#seat(client, socket, address)
    client.start(isSeated ? token : undefined)
    if (!isSeated) client.close(CLOSE.tooMany, TOO_MANY)
  }

  #acceptPusher(
    socket: WebSocket,
    stream: Duplex,
    address: string,
    app: PusherApp,
    fault: PusherFault | undefined,
  ): void {
    const visit = this.#visit(stream, address)
    const client = new PusherClient(socket, stream, visit, { ...this.#clientOptions, app })
    const isSeated = this.#seat(client, socket, address)
    if (!isSeated) visit.refused('too_many')
    const refusal = isSeated ? fault : { code: PUSHER_CODE.overCapacity, reason: TOO_MANY }
    client.start(refusal)
  }

  #visit(stream: Duplex, address: string): Visit {
    return new Visit(stream, address, this.#options.strangers)
  }

  /** @returns whether the address has a connection left */
  #seat(client: Connected, socket: WebSocket, address: string): boolean {
    this.#clients.add(client)
    const isSeated = this.#addressSeats.take(address)
    socket.on('close', code => {
      this.#clients.delete(client)
      if (isSeated) this.#addressSeats.release(address)
      this.#options.log.debug({ address, code }, 'feed client left')
    })
    return isSeated
  }

  async #checkClients(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    while (!signal.aborted) {
      await clock.sleep(CHECK_EVERY_MS, signal)
      if (signal.aborted) return
      const nowMs = clock.steadyMs()
      const wallMs = clock.now().getTime()
      for (const client of this.#clients) client.checkTime(nowMs, wallMs)
    }
  }
}

function closed(socket: WebSocket): Promise<void> {
  return new Promise(resolve => socket.once('close', () => resolve()))
}

function refuse(socket: Duplex, status: number): void {
  socket.on('error', () => socket.destroy())
  socket.once('finish', () => socket.destroy())
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}
