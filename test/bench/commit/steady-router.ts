import {
  type RouterId,
  routerId,
  type SessionId,
  sessionId,
  type TenantId,
} from '../../../src/accounting/ids.ts'
import { type Pending, PendingBuilder } from '../../../src/accounting/pending.ts'
import { SERVICES, type Service } from '../../../src/accounting/reading.ts'
import type { Session } from '../../../src/accounting/session.ts'
import { SteadyService } from './steady-service.ts'

export const SESSIONS_A_ROUTER = 200
/** Subscribers log in at all times, so a router's sessions are spread over the tables, a few at a place. */
export const WAVES = 10
export const BUCKET_MS = 900_000

/** A router with as many hotspot as PPP sessions. */
export class SteadyRouter {
  readonly tenant: TenantId
  readonly router: RouterId
  readonly #number: number
  readonly #services: Readonly<Record<Service, SteadyService>> = {
    hotspot: new SteadyService('hotspot'),
    ppp: new SteadyService('ppp'),
  }
  #position = 0

  constructor(tenant: TenantId, number: number) {
    this.tenant = tenant
    this.router = routerId(`router-${number}`)
    this.#number = number
  }

  get sessionIds(): readonly SessionId[] {
    return SERVICES.flatMap(service => this.#services[service].sessionIds)
  }

  /** A tenth of its sessions. */
  logins(wave: number, atMs: number): Pending {
    const builder = new PendingBuilder(this.#position)
    const lines = Array.from(
      { length: SESSIONS_A_ROUTER / WAVES / SERVICES.length },
      (_, at) => at * WAVES + wave,
    )
    for (const service of SERVICES) {
      const sessions = lines.map(line => sessionOf(this.#number, service, line, atMs))
      this.#services[service].logIn(builder, sessions, bucketAt(atMs), atMs)
    }
    return this.#built(builder)
  }

  /** What a reading has for the database in which all sessions have moved some bytes. */
  growth(atMs: number): Pending {
    const builder = new PendingBuilder(this.#position)
    for (const service of SERVICES) this.#services[service].grow(builder, bucketAt(atMs), atMs)
    return this.#built(builder)
  }

  #built(builder: PendingBuilder): Pending {
    this.#position = builder.position
    return builder.build()
  }
}

function bucketAt(atMs: number) {
  return { startMs: Math.floor(atMs / BUCKET_MS) * BUCKET_MS, day: new Date(atMs).toISOString().slice(0, 10) }
}

function sessionOf(router: number, service: Service, line: number, atMs: number): Session {
  const isPpp = service === 'ppp'
  const mac = `02:00:00:${isPpp ? '01' : '02'}:${hex(router, 2)}:${hex(line, 2)}`.toUpperCase()
  const counters = { upload: 1_000 + line, download: 10_000 + line }
  return {
    id: sessionId(uuidAt(atMs, (router << 10) | (line << 1) | (isPpp ? 1 : 0))),
    ...(isPpp ? PPP : HOTSPOT),
    ...{ username: `${service}-${router}-${line}`, ipAddress: `10.${isPpp ? 1 : 2}.${router}.${line}` },
    macAddress: isPpp ? undefined : mac,
    routerSessionId: isPpp ? `0x81${hex(line, 6)}` : undefined,
    ...{ callerId: isPpp ? mac : undefined, binding: undefined, startMs: atMs - 5_000 },
    login: { earliestMs: atMs - 5_000, latestMs: atMs - 4_000 },
    mark: { kind: 'counted', counters, sinceMs: undefined },
    ...{ recorded: counters, lastMovedMs: atMs, isStallReported: false },
  }
}

const PPP = { service: 'ppp', protocol: 'pppoe', server: undefined } as const
const HOTSPOT = { service: 'hotspot', protocol: 'hotspot', server: 'hotspot1' } as const

/** A version 7: it grows with the time of the login, and of each is its own. */
function uuidAt(ms: number, serial: number): string {
  const time = hex(ms, 12)
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${hex(serial, 12)}`
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0')
}
