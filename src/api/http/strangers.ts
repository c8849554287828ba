import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { bearerToken } from '../../auth/bearer.ts'
import { networkOf } from '../../runtime/address.ts'
import { AddressRates } from '../../runtime/address-rates.ts'
import type { Clock } from '../../runtime/clock.ts'
import { perSecond } from '../../runtime/rate-limit.ts'
import type { Refusal, Refusals } from '../../runtime/refusals.ts'
import type { TrustedProxies } from '../../runtime/trusted-proxies.ts'
import { DASHBOARD_PATH } from '../pages/dashboard-page.ts'
import { HEALTH_PATHS } from '../pages/health.ts'
import { Connections } from './connections.ts'
import { problem, type Reply } from './reply.ts'

export interface StrangersOptions {
  readonly limits: {
    readonly connectionsPerAddress: number
    /**
     * The rate of each of five things, which count separately: requests without a token, WebSockets without a token,
     * `HEALTH_PATHS`, the dashboard's files, and invalid tokens.
     */
    readonly addressRequestsPerSecond: number
  }
  /** How many connections there are file descriptors for now. */
  readonly mostConnections: () => number
  readonly proxies: TrustedProxies
  readonly refusals: Refusals
  readonly clock: Clock
}

/** The dashboard's page loads fifty files at once, and an office opens several pages. */
const PAGES_AT_ONCE = 20

/** Limits what the clients of one address may do without a valid token. An IPv6 address counts by its /64. */
export class Strangers {
  readonly connections: Connections
  readonly #proxies: TrustedProxies
  readonly #refusals: Refusals
  readonly #perSecond: number
  readonly #health: AddressRates
  readonly #open: AddressRates
  readonly #files: AddressRates
  readonly #failedTokens: AddressRates
  readonly #upgrades: AddressRates
  readonly #known = new WeakSet<IncomingMessage>()

  constructor({ limits, mostConnections, proxies, refusals, clock }: StrangersOptions) {
    this.#proxies = proxies
    this.#refusals = refusals
    this.#perSecond = limits.addressRequestsPerSecond
    const rate = perSecond(limits.addressRequestsPerSecond)
    this.#health = new AddressRates({ rate, clock })
    this.#open = new AddressRates({ rate, clock })
    this.#files = new AddressRates({ rate: { ...rate, atOnce: PAGES_AT_ONCE * rate.atOnce }, clock })
    this.#failedTokens = new AddressRates({ rate, clock })
    // A whole office comes back at once after a restart.
    this.#upgrades = new AddressRates({ rate: { ...rate, atOnce: limits.connectionsPerAddress }, clock })
    this.connections = new Connections({
      perAddress: limits.connectionsPerAddress,
      most: mostConnections,
      isProxy: address => proxies.isTrusted(address),
      onRefused: (refusal, address) => refusals.note(refusal, address),
    })
  }

  /** The client's address as the limits count it: the one that a trusted proxy forwarded, and the /64 of IPv6. */
  addressOf({ headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>): string {
    return networkOf(this.#proxies.clientOf(headers, socket.remoteAddress))
  }

  /**
   * Counts a request, and notes a refusal when it is answered.
   * @param needsToken whether it is answered only with a token
   * @returns the answer if its address sends too many requests without a token
   */
  limit(request: IncomingMessage, response: ServerResponse, needsToken: boolean): Reply | undefined {
    const address = this.addressOf(request)
    const { socket } = request
    this.connections.noteRequest(socket)
    response.once('close', () => this.#answered(request, response, socket, address))
    const isOpen = !needsToken || bearerToken(request.headers) === undefined
    if (!isOpen || this.#ratesFor(request).take(address)) return undefined
    return this.#tooMany('requests without a token')
  }

  /** Notes a valid token: until the request is answered, its connection is not closed for another one. */
  known(request: IncomingMessage): void {
    this.#known.add(request)
    this.connections.pin(request.socket)
  }

  /** Notes a valid token of a WebSocket: from now on it is not closed for another connection. */
  stays(stream: Duplex): void {
    this.connections.pin(stream)
  }

  /** Counts an invalid token. @returns whether the address is within its rate. Valid tokens are not limited here. */
  mayFail(address: string): boolean {
    return this.#failedTokens.take(address)
  }

  /** Counts a WebSocket that is opened without a token. @returns whether the address is within its rate */
  mayUpgrade(address: string): boolean {
    return this.#upgrades.take(address)
  }

  /** The answer to an invalid token: `reply`, or 429 beyond the address's rate. */
  failed(request: IncomingMessage, reply: Reply): Reply {
    return this.mayFail(this.addressOf(request)) ? reply : this.#tooMany('invalid tokens')
  }

  refused(refusal: Refusal, address: string): void {
    this.#refusals.note(refusal, address)
  }

  #ratesFor({ url = '' }: IncomingMessage): AddressRates {
    if (HEALTH_PATHS.has(url.split('?', 1)[0] ?? '')) return this.#health
    return url.startsWith(DASHBOARD_PATH) ? this.#files : this.#open
  }

  #answered(request: IncomingMessage, response: ServerResponse, socket: Duplex, address: string): void {
    if (this.#known.has(request)) this.connections.unpin(socket)
    if (!response.headersSent) return
    const refusal = refusalOf(response.statusCode, bearerToken(request.headers) !== undefined)
    if (refusal) this.refused(refusal, address)
  }

  #tooMany(what: string): Reply {
    const detail = `one address may send at most ${this.#perSecond} ${what} a second`
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
