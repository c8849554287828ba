import type { Reading, Service, Window } from '../accounting/reading.ts'
import type { Clock } from '../runtime/clock.ts'
import { RouterConnection } from './connection.ts'
import { Departures } from './departures.ts'
import type { Address } from './dial.ts'
import { RouterTrap } from './errors.ts'
import { HotspotMenu } from './hotspot.ts'
import { openLine } from './open-line.ts'
import { PppMenu } from './ppp.ts'
import type { SessionMenu } from './session-rows.ts'
import { hasFastTrack, readSystem } from './system.ts'

export interface RouterOptions {
  readonly address: Address
  readonly services: readonly Service[]
  /** For connect and login together, and for each request. */
  readonly timeoutMs: number
  /** Whether to learn of logouts at once, by `listen`, where the router offers it. */
  readonly isListening: boolean
  readonly clock: Clock
}

/**
 * A router that is logged in to and has said who it is and since when it is up. Kept for as long as the connection
 * lasts: each login is a line in the router's log.
 */
export class Router {
  readonly identity: string
  readonly version: string
  /** What the operator should know of this router, a sentence each. */
  readonly notices: readonly string[]
  readonly #connection: RouterConnection
  readonly #menus: Readonly<Record<Service, SessionMenu>>
  readonly #boot: Window
  readonly #clock: Clock
  readonly #missing = new Set<Service>()
  readonly #departures = new Map<Service, Departures>()

  /** @throws RouterError */
  static async connect(options: RouterOptions, signal: AbortSignal): Promise<Router> {
    const { clock, timeoutMs, services } = options
    const connection = new RouterConnection(await openLine(options.address, timeoutMs, signal), {
      clock,
      timeoutMs,
    })
    const abort = () => connection.close()
    signal.addEventListener('abort', abort)
    if (signal.aborted) abort()
    try {
      const [system, isFastTracked] = await Promise.all([
        readSystem(connection),
        services.includes('hotspot') ? hasFastTrack(connection) : false,
      ])
      const notices = isFastTracked
        ? ['a fasttrack-connection rule is on: traffic it takes bypasses the hotspot and is not counted']
        : []
      const router = new Router(connection, clock, { ...system, notices })
      if (options.isListening) for (const service of services) router.#listen(service)
      return router
    } catch (error) {
      connection.close()
      throw error
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }

  private constructor(
    connection: RouterConnection,
    clock: Clock,
    about: { identity: string; version: string; boot: Window; notices: readonly string[] },
  ) {
    this.#connection = connection
    this.#menus = { hotspot: new HotspotMenu(connection), ppp: new PppMenu(connection) }
    this.#clock = clock
    this.#boot = about.boot
    this.identity = about.identity
    this.version = about.version
    this.notices = about.notices
  }

  /** Rejects with what ended the connection, and never resolves. */
  get ended(): Promise<never> {
    return this.#connection.ended
  }

  /**
   * One complete answer for a service; `undefined` where the router doesn't have it.
   * @throws RouterError
   */
  async read(service: Service): Promise<Reading | undefined> {
    if (this.#missing.has(service)) return undefined
    try {
      return await this.#read(service)
    } catch (error) {
      if (!(error instanceof RouterTrap && error.isMissingMenu)) throw error
      this.#missing.add(service)
      return undefined
    }
  }

  close(): void {
    this.#connection.close()
  }

  async #read(service: Service): Promise<Reading> {
    const answer = await this.#menus[service].read()
    const { rows, numbers, known, by, bindings, askedMs, answeredMs } = answer
    const sinceMs = this.#clock.steadyMs() - askedMs
    const departures = this.#departures.get(service)?.settle(answer)
    return {
      service,
      at: { wall: new Date(this.#clock.now().getTime() - sinceMs), steadyMs: askedMs },
      boot: this.#boot,
      sessions: rows,
      numbered: { by, numbers, known, answeredMs },
      bindings,
      ...(departures ? { departures } : {}),
    }
  }

  #listen(service: Service): void {
    const departures = new Departures(this.#connection, service, this.#menus[service], this.#clock)
    departures.start()
    this.#departures.set(service, departures)
  }
}
