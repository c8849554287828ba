import type { Admission } from '../accounting/limits/admission.ts'
import type { Device, MissingMenu, Reading, Service, Window } from '../accounting/reading.ts'
import type { BudgetUse, RouterLink } from '../poller/router-link.ts'
import { Block, stepInBlocks } from '../runtime/block.ts'
import type { Clock } from '../runtime/clock.ts'
import { RouterTrap } from './errors.ts'
import { Departures } from './menus/departures.ts'
import { ASK_AGAIN_AFTER_MS, type SessionMenu } from './menus/session-rows.ts'
import { hasFastTrack, type RouterSystem, readSystem } from './menus/system.ts'
import type { RouterService } from './router-service.ts'
import type { Budget } from './wire/budget.ts'
import { RouterConnection } from './wire/connection.ts'
import type { Address } from './wire/dial.ts'
import { openLine } from './wire/open-line.ts'
import type { RepliesInFlight } from './wire/replies-in-flight.ts'

export interface RouterOptions {
  readonly address: Address
  /** The services to read. */
  readonly services: readonly RouterService[]
  /** The limit for connect and login together, and for each request. */
  readonly timeoutMs: number
  /** Whether to learn of logouts at once, by `listen`, if the router offers it. */
  readonly isListening: boolean
  readonly budget: Budget
  /** Says which rows of the next answer to hold. */
  readonly admission: (service: Service) => Admission
  /** Shared by all routers. */
  readonly replies: RepliesInFlight
  readonly clock: Clock
}

/** A service, with its menu on this connection. */
interface OpenService {
  readonly service: RouterService
  readonly sessions: SessionMenu
}

interface MissingService extends MissingMenu {
  /** When it was asked for last, in steady milliseconds. */
  readonly askedMs: number
}

/**
 * A logged-in connection to a router whose identity and boot time are known. It is kept open, because each login is a
 * line in the router's log.
 */
export class Router implements RouterLink {
  readonly version: string
  /** Warnings about this router for the operator, one sentence each. */
  readonly notices: readonly string[]
  readonly #connection: RouterConnection
  readonly #services: ReadonlyMap<Service, OpenService>
  readonly #boot: Window
  readonly #device: Device
  readonly #admission: RouterOptions['admission']
  readonly #clock: Clock
  readonly #missing = new Map<Service, MissingService>()
  readonly #departures = new Map<Service, Departures>()

  /**
   * Connects, logs in, and reads the identity and the boot time.
   * @throws RouterError
   */
  static async connect(options: RouterOptions, signal: AbortSignal): Promise<Router> {
    const { timeoutMs, services } = options
    const connection = new RouterConnection(await openLine(options.address, timeoutMs, signal), options)
    const abort = () => connection.close()
    signal.addEventListener('abort', abort)
    if (signal.aborted) abort()
    try {
      const [system, isFastTracked] = await Promise.all([
        readSystem(connection),
        services.some(it => it.isBypassedByFastTrack) ? hasFastTrack(connection) : false,
      ])
      const notices = isFastTracked
        ? ['a fasttrack-connection rule is on: traffic it takes bypasses the hotspot and is not counted']
        : []
      const router = new Router(connection, options, { ...system, notices })
      if (options.isListening) for (const service of router.#services.values()) router.#listen(service)
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
    { clock, services, admission }: RouterOptions,
    { identity, serial, version, boot, notices }: RouterSystem & { readonly notices: readonly string[] },
  ) {
    this.#connection = connection
    this.#services = new Map(
      services.map(service => [service.name, { service, sessions: service.open(connection) }]),
    )
    this.#admission = admission
    this.#clock = clock
    this.#boot = boot
    this.#device = { identity, serial }
    this.version = version
    this.notices = notices
  }

  get identity(): string {
    return this.#device.identity
  }

  /** Rejects with the cause when the connection ends; never resolves. */
  get ended(): Promise<never> {
    return this.#connection.ended
  }

  /** Menus of its services that the router refused when they were last asked for. */
  get missingMenus(): readonly MissingMenu[] {
    const services = Array.from(this.#missing.values(), ({ menu, reason }) => ({ menu, reason }))
    return [...services, ...[...this.#services.values()].flatMap(it => it.sessions.missingMenus)]
  }

  /**
   * Reads a service once.
   * @returns `undefined` if the router does not have it; as a package may come later, it is asked again every few
   *   minutes
   * @throws RouterError
   */
  async read(service: Service): Promise<Reading | undefined> {
    const nowMs = this.#clock.steadyMs()
    const missing = this.#missing.get(service)
    if (missing && nowMs - missing.askedMs < ASK_AGAIN_AFTER_MS) return undefined
    try {
      const reading = await this.#read(this.#openService(service))
      this.#missing.delete(service)
      return reading
    } catch (error) {
      if (!(error instanceof RouterTrap && error.isMissingMenu)) throw error
      const { command, reason } = error
      this.#missing.set(service, { askedMs: nowMs, menu: command.replace(/\/print$/, ''), reason })
      return undefined
    }
  }

  /** The peak use of one of its byte budgets since the last call. */
  takeBudgetUse(): BudgetUse {
    return this.#connection.takeBudgetUse()
  }

  close(): void {
    this.#connection.close()
  }

  /** @throws RangeError for a service that is not among the options */
  #openService(name: Service): OpenService {
    const service = this.#services.get(name)
    if (!service) throw new RangeError(`${name} is not read here`)
    return service
  }

  async #read({ service, sessions }: OpenService): Promise<Reading> {
    const { name, rules } = service
    const answer = await sessions.read(this.#admission(name))
    const { rows, numbers, known, by, bindings, unread, leftOut, askedMs, answeredMs } = answer
    const sinceMs = this.#clock.steadyMs() - askedMs
    const settled = this.#departures.get(name)?.settle(answer)
    const departures = settled && (await stepInBlocks(settled, new Block(this.#clock)))
    return {
      ...{ service: name, rules },
      at: { wall: new Date(this.#clock.now().getTime() - sinceMs), steadyMs: askedMs },
      boot: this.#boot,
      device: this.#device,
      sessions: rows,
      unread,
      numbered: { by, numbers, known, answeredMs },
      bindings,
      ...(leftOut > 0 ? { leftOut } : {}),
      ...(departures ? { departures } : {}),
    }
  }

  #listen({ service, sessions }: OpenService): void {
    const departures = new Departures(this.#connection, service, sessions, this.#clock)
    departures.start()
    this.#departures.set(service.name, departures)
  }
}
