import { createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { pick, type Random, seededRandom } from '../../../../harness/fleet/random.ts'
import { SERVICES } from '../../../../harness/services.ts'
import { FastConnection } from './connection.ts'
import type { Output } from './output.ts'
import { FastRouter, type Trouble } from './router.ts'

export interface FleetSize {
  readonly seed: number
  readonly routers: number
  /** Sessions per router: half hotspot, half PPP. */
  readonly sessions: number
}

/** The kernel lowers it to its own limit; all routers may be connected to at once. */
const BACKLOG = 8_192
const CHURN_EVERY_MS = 50

/**
 * Thousands of routers on one port, each at its own loopback address. They never lie and have few kinds of faults, and
 * cost a small part of those in test/harness/fleet.
 */
export class FastFleet {
  readonly routers: readonly FastRouter[]
  readonly #byHost: ReadonlyMap<string, FastRouter>
  readonly #random: Random
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #outputs: Output[] = []
  readonly #sessions: number
  #churning = new AbortController()
  #churned: Promise<void> = Promise.resolve()
  #accepted = 0

  constructor({ seed, routers, sessions }: FleetSize) {
    const nowMs = performance.now()
    const perService = Math.floor(sessions / SERVICES.length)
    this.#random = seededRandom(seed)
    this.#sessions = routers * perService * SERVICES.length
    this.routers = Array.from(
      { length: routers },
      (_, number) => new FastRouter({ number, seed, sessions: perService }, nowMs),
    )
    this.#byHost = new Map(this.routers.map(router => [router.host, router]))
    this.#server = createServer({ noDelay: true }, socket => this.#accept(socket))
  }

  /** Number of connections so far. */
  get accepted(): number {
    return this.#accepted
  }

  /** Number of open connections. */
  get connected(): number {
    return this.#sockets.size
  }

  /** @returns the port of all routers */
  start(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen({ port: 0, host: '0.0.0.0', backlog: BACKLOG }, () => {
        const address = this.#server.address()
        if (address !== null && typeof address !== 'string') resolve(address.port)
        else reject(new Error('no address'))
      })
    })
  }

  async stop(): Promise<void> {
    await this.#endChurn()
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  /** From now on this share of all sessions is replaced by new ones per minute. */
  churn(shareAMinute: number): void {
    const { signal } = this.#churning
    this.#churned = this.#churn((this.#sessions * shareAMinute) / 60_000, signal)
  }

  /** Stops logins, logouts and traffic. @returns the time of that */
  async freeze(): Promise<number> {
    await this.#endChurn()
    const nowMs = performance.now()
    for (const router of this.routers) for (const service of SERVICES) router.of(service).freeze(nowMs)
    return nowMs
  }

  async #endChurn(): Promise<void> {
    this.#churning.abort()
    await this.#churned
  }

  /** Number of routers that have not given a whole reading of each service since then. */
  unread(sinceMs: number): number {
    return this.routers.filter(router =>
      SERVICES.some(service => router.of(service).readings.lastMs < sinceMs),
    ).length
  }

  /** Starts a fault; connections to a router that refuses are closed. */
  trouble(number: number, trouble: Trouble): void {
    const router = this.routers[number]
    if (!router) return
    router.trouble = trouble
    if (trouble === 'refusing') for (const client of router.clients) client.end('rst')
  }

  async #churn(perMs: number, signal: AbortSignal): Promise<void> {
    const beganMs = performance.now()
    for (let done = 0; !signal.aborted; ) {
      const nowMs = performance.now()
      for (; done < (nowMs - beganMs) * perMs; done++)
        pick(this.#random, this.routers)?.swap(pick(this.#random, SERVICES) ?? 'ppp', nowMs)
      await sleep(CHURN_EVERY_MS, undefined, { signal }).catch(() => {}) // Aborted: the loop checks its signal.
    }
  }

  #accept(socket: Socket): void {
    const router = this.#byHost.get(socket.localAddress ?? '')
    // Connections to other addresses are refused.
    if (!router || router.trouble === 'refusing') {
      socket.destroy()
      return
    }
    this.#accepted++
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    new FastConnection(router, socket, this.#outputs).start()
  }
}
