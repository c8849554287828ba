import { createFleet, type Fleet } from '../../harness/fleet/fleet.ts'
import type { SimulatedRouter } from '../../harness/fleet/simulated-router.ts'
import { SERVICES, type SimulatedService, simulated } from '../../harness/services.ts'
import type { SeenRouter, SessionAccount, Visit, Visits, WatchedFleetSize } from './watched-fleet-messages.ts'

/** The daemon's user on the routers, with its first password. */
export const READER = { name: 'usage', password: 'secret' }

/** A fleet that notes when each of its routers was read, and over which connection. Each router has both services. */
export class WatchedFleet {
  readonly #fleet: Fleet
  readonly #visits = new Map<SimulatedRouter, Record<SimulatedService, Visit[]>>()
  readonly #stopping = new AbortController()
  #churning: Promise<void> = Promise.resolve()

  constructor({ seed, routers, sessions }: WatchedFleetSize) {
    this.#fleet = createFleet({
      ...{ seed, routers, hotspotSessions: sessions, pppSessions: sessions },
      router: { packages: ['hotspot', 'ppp'], users: [{ ...READER, policy: ['read', 'api'] }] },
    })
    for (const router of this.#fleet.routers) {
      const visits: Record<SimulatedService, Visit[]> = { hotspot: [], ppp: [] }
      this.#visits.set(router, visits)
      router.onReading(({ service, atMs }) => visits[simulated(service)].push({ atMs, login: router.logins }))
    }
  }

  async start(): Promise<readonly SeenRouter[]> {
    await this.#fleet.start()
    return this.routers()
  }

  async stop(): Promise<void> {
    await this.stopChurn()
    await this.#fleet.stop()
  }

  /** Lets subscribers come and go from now on. */
  churn(perSecond: number): void {
    this.#churning = this.#fleet.churn(this.#stopping.signal, perSecond)
  }

  async stopChurn(): Promise<void> {
    this.#stopping.abort()
    await this.#churning
  }

  changePassword(routers: readonly string[], password: string): void {
    for (const router of this.#fleet.routers)
      if (routers.includes(router.identity)) router.changePassword(READER.name, password)
  }

  routers(): readonly SeenRouter[] {
    return Array.from(this.#visits, ([router, visits]) => {
      const { identity, host, port, connections, logins } = router
      const last = SERVICES.map(service => visits[service].at(-1)?.atMs ?? null)
      const readAtMs = last.reduce((a, b) => (a === null || b === null ? null : Math.min(a, b)))
      return { identity, host, port, connections, logins, readAtMs }
    })
  }

  visits(): readonly Visits[] {
    return [...this.#visits].flatMap(([router, visits]) =>
      SERVICES.map(service => ({ router: router.identity, service, all: visits[service] })),
    )
  }

  account(): readonly SessionAccount[] {
    return this.#fleet.truth().map(({ router, service, username, carried }) => ({
      ...{ router, service, username, carried },
    }))
  }
}
