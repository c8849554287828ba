import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { networkOf } from '../runtime/address.ts'
import { AddressRates } from '../runtime/address-rates.ts'
import type { Clock } from '../runtime/clock.ts'
import { perSecond } from '../runtime/rate-limit.ts'
import type { Refusal, Refusals } from '../runtime/refusals.ts'
import type { TrustedProxies } from '../runtime/trusted-proxies.ts'
import { bearerToken } from './authorization.ts'
import { Connections } from './connections.ts'
import { HEALTH_PATHS } from './health.ts'
import { problem, type Reply } from './reply.ts'

export interface StrangersOptions {
  readonly limits: {
    readonly connectionsPerAddress: number
    /** Of the pages that need no token, of `HEALTH_PATHS`, and of tokens that do not hold: of each by itself. */
    readonly addressRequestsPerSecond: number
  }
  /** Connections of all addresses together, as many as there are file descriptors for now. */
  readonly mostConnections: () => number
  readonly proxies: TrustedProxies
  readonly refusals: Refusals
  readonly clock: Clock
}

/** What addresses may do, and keep others from, that have not shown a token that holds; IPv6 by its /64. */
export class Strangers {
  readonly connections: Connections
  readonly #proxies: TrustedProxies
  readonly #refusals: Refusals
  readonly #perSecond: number
  readonly #health: AddressRates
  readonly #open: AddressRates
  readonly #failedTokens: AddressRates
  readonly #known = new WeakSet<IncomingMessage>()

  constructor({ limits, mostConnections, proxies, refusals, clock }: StrangersOptions) {
    this.#proxies = proxies
    this.#refusals = refusals
    this.#perSecond = limits.addressRequestsPerSecond
    const rate = perSecond(limits.addressRequestsPerSecond)
    this.#health = new AddressRates({ rate, clock })
    this.#open = new AddressRates({ rate, clock })
    this.#failedTokens = new AddressRates({ rate, clock })
    this.connections = new Connections({
      perAddress: limits.connectionsPerAddress,
      most: mostConnections,
      isProxy: address => proxies.isTrusted(address),
      onRefused: (refusal, address) => refusals.note(refusal, address),
    })
  }

  /** Who asks, as limits count it. */
  addressOf({ headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>): string {
    return networkOf(this.#proxies.clientOf(headers, socket.remoteAddress))
  }

  /**
   * Hands on requests that show a token where one is needed, and the others as often as their address may ask.
   * @param needsToken whether a request is answered only to who shows one
   */
  limited(listener: RequestListener, needsToken: (request: IncomingMessage) => boolean): RequestListener {
    return (request, response) => {
      const address = this.addressOf(request)
      const { socket } = request
      this.connections.asks(socket)
      response.once('close', () => this.#answered(request, response, socket, address))
      const isOpen = !needsToken(request) || bearerToken(request.headers) === undefined
      if (!isOpen || this.#ratesFor(request).take(address)) listener(request, response)
      else this.#refuse(request, response)
    }
  }

  /** A request has shown a token that holds: for as long as it is answered, its connection is closed for nobody. */
  known(request: IncomingMessage): void {
    this.#known.add(request)
    this.connections.pin(request.socket)
  }

  /** A connection has shown a token that holds, for the rest of its time. */
  stays(stream: Duplex): void {
    this.connections.pin(stream)
  }

  /** @returns whether an address may show one more token that does not hold; those that do are looked at always */
  mayFail(address: string): boolean {
    return this.#failedTokens.take(address)
  }

  /** The answer to a token that does not hold. @param reply where the address had not too many of them */
  failed(request: IncomingMessage, reply: Reply): Reply {
    return this.mayFail(this.addressOf(request)) ? reply : this.#tooMany('tokens that do not hold')
  }

  refused(refusal: Refusal, address: string): void {
    this.#refusals.note(refusal, address)
  }

  #ratesFor({ url = '' }: IncomingMessage): AddressRates {
    return HEALTH_PATHS.has(url.split('?', 1)[0] ?? '') ? this.#health : this.#open
  }

  #answered(request: IncomingMessage, response: ServerResponse, socket: Duplex, address: string): void {
    if (this.#known.has(request)) this.connections.unpin(socket)
    if (!response.headersSent) return
    const refusal = refusalOf(response.statusCode, bearerToken(request.headers) !== undefined)
    if (refusal) this.refused(refusal, address)
  }

  /** By Node's own means, whatever answers the other requests. */
  #refuse(request: IncomingMessage, response: ServerResponse): void {
    const { status, contentType, headers, body } = this.#tooMany('requests without a token')
    response.on('error', () => {})
    const length = Buffer.byteLength(body)
    response.writeHead(status, { ...headers, 'Content-Type': contentType, 'Content-Length': length })
    response.end(request.method === 'HEAD' ? undefined : body)
  }

  #tooMany(what: string): Reply {
    const detail = `${this.#perSecond} ${what} a second are the most from one address`
    return problem(429, detail, { 'Retry-After': '1', Connection: 'close' })
  }
}

function refusalOf(status: number, hasToken: boolean): Refusal | undefined {
  switch (status) {
    case 401:
      return hasToken ? 'failed_token' : 'no_token'
    case 403:
      return 'forbidden'
    case 429:
      return 'too_many'
    default:
      return undefined
  }
}
