import type { Decision } from '../../../../src/accounting/entry.ts'
import {
  type RouterId,
  type RouterKey,
  routerId,
  routerKey,
  type SessionId,
  type TenantId,
} from '../../../../src/accounting/ids.ts'
import { type Pending, PendingBuilder } from '../../../../src/accounting/waiting/pending.ts'
import { SERVICES, type SimulatedService, simulated } from '../../../harness/services.ts'
import { SteadyService } from './steady-service.ts'
import { sessionOf } from './steady-session.ts'

export const SESSIONS_A_ROUTER = 200
/** Subscribers log in at any time, so a router's sessions are spread over the tables, a few at each place. */
export const WAVES = 10
export const BUCKET_MS = 900_000

/** A router with equal numbers of hotspot and PPP sessions. */
export class SteadyRouter {
  readonly tenant: TenantId
  readonly router: RouterId
  /** How many sessions it has. */
  readonly sessions: number
  readonly #number: number
  readonly #services: Readonly<Record<SimulatedService, SteadyService>> = {
    hotspot: new SteadyService('hotspot'),
    ppp: new SteadyService('ppp'),
  }
  #position = 0

  constructor(tenant: TenantId, number: number, sessions = SESSIONS_A_ROUTER) {
    this.tenant = tenant
    this.sessions = sessions
    this.router = routerId(`router-${number}`)
    this.#number = number
  }

  get key(): RouterKey {
    return routerKey(this.tenant, this.router)
  }

  get sessionIds(): readonly SessionId[] {
    return SERVICES.flatMap(service => this.#services[service].sessionIds)
  }

  /** The decisions, by service, for a tenth of its sessions that log in. */
  logins(wave: number, atMs: number): readonly Decision[] {
    const count = this.sessions / WAVES / SERVICES.length
    const lines = Array.from({ length: count }, (_, at) => at * WAVES + wave)
    return SERVICES.map(service =>
      this.#services[service].logins(
        lines.map(line => sessionOf(this.#number, service, line, atMs)),
        atMs,
      ),
    )
  }

  /** The decisions, by service, for all of its sessions that have moved some bytes. */
  growth(atMs: number): readonly Decision[] {
    return SERVICES.map(service => this.#services[service].growth(atMs))
  }

  adopt(decision: Decision): void {
    this.#services[simulated(decision.service)].adopt(decision)
  }

  /** Adopts decisions. @returns everything that waits for the database */
  pendingOf(decisions: readonly Decision[]): Pending {
    const builder = new PendingBuilder(this.#position)
    for (const decision of decisions) {
      const startMs = Math.floor(decision.at.steadyMs / BUCKET_MS) * BUCKET_MS
      const day = decision.at.wall.toISOString().slice(0, 10)
      const shares = decision.entries.map(entry => {
        return [entry, [{ bucketStartMs: startMs, day, ...entry.session.recorded }]] as const
      })
      const { growth } = decision
      builder.add(decision, new Map(shares), growth ? [{ ...growth, bucket: { startMs, day } }] : [])
      this.adopt(decision)
    }
    this.#position = builder.position
    return builder.build()
  }
}
