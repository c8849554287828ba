import type { MissingMenu, Service, SessionReading, Unreadable } from '../accounting/reading.ts'
import type { Clock } from '../runtime/clock.ts'
import { RouterError, RouterTrap } from './errors.ts'
import { readIsOpen } from './menus/access.ts'
import { readClockOffset } from './menus/clock-offset.ts'
import { proplist } from './menus/fields.ts'
import { type Rights, readRights } from './menus/rights.ts'
import type { SessionMenu, SessionRows } from './menus/session-rows.ts'
import { hasFastTrack, readSystem } from './menus/system.ts'
import type { RouterService } from './router-service.ts'
import type { Budget } from './wire/budget.ts'
import { RouterConnection } from './wire/connection.ts'
import type { Address } from './wire/dial.ts'
import type { SeenCertificate } from './wire/line.ts'
import { openLine } from './wire/open-line.ts'
import type { RepliesInFlight } from './wire/replies-in-flight.ts'

/** The outcome of reading a service. `missing`: the router does not have it. */
export type ServiceProbe =
  | {
      readonly kind: 'read'
      readonly sessions: number
      readonly withCounters: number
      /** Rows and counters that cannot be read. */
      readonly unreadable: readonly Unreadable[]
      /** Absent if no login of the hotspot has one. */
      readonly domains: ProbedDomains | undefined
      /** Other menus that the service needs and the router refuses. */
      readonly missingMenus: readonly MissingMenu[]
    }
  | { readonly kind: 'missing' }
  | { readonly kind: 'failed'; readonly error: RouterError }

/** The logins of a hotspot that have a domain. */
export interface ProbedDomains {
  readonly count: number
  /** The name of one of them, with its domain and without. */
  readonly example: { readonly part: string; readonly ignore: string }
  /** A name that is online in two domains, or with a domain and without one: it may be one subscriber or two. */
  readonly shared: string | undefined
}

/** What a probe found out about a router. */
export interface RouterProbe {
  readonly identity: string
  /** `7.20.1 (stable)` */
  readonly version: string
  /** Identifies the device; absent if it does not report a number. */
  readonly serial: string | undefined
  readonly uptimeSeconds: number
  /** The median of a few round trips of a small request. */
  readonly latencyMs: number
  /** Absent without TLS. */
  readonly certificate: SeenCertificate | undefined
  /** Absent if the router does not report them. */
  readonly rights: Rights | undefined
  /** Whether the user may log in from any address; absent if the router does not report it. */
  readonly isOpen: boolean | undefined
  /** The outcome for each service that was asked for. */
  readonly services: Readonly<Partial<Record<Service, ServiceProbe>>>
  readonly isFastTracked: boolean
  /** How far the router's clock is ahead of ours; absent if it does not report its time. */
  readonly clockOffsetSeconds: number | undefined
}

export interface ProbeOptions {
  readonly address: Address
  readonly services: readonly RouterService[]
  /** The limit for connect and login together, and for each request. */
  readonly timeoutMs: number
  readonly budget: Budget
  /** Shared by all routers. */
  readonly replies: RepliesInFlight
  readonly clock: Clock
}

const ROUND_TRIPS = 3

/**
 * Logs in to a router, reads everything that accounting needs from it, and disconnects.
 * @throws RouterError if the router cannot be reached, refuses the login, or does not report its identity
 */
export async function probeRouter(options: ProbeOptions, signal: AbortSignal): Promise<RouterProbe> {
  const { address, clock, timeoutMs, services, budget, replies } = options
  const line = await openLine(address, timeoutMs, signal)
  const connection = new RouterConnection(line, { clock, timeoutMs, budget, replies })
  const abort = () => connection.close()
  signal.addEventListener('abort', abort)
  try {
    const { identity, version, boot, serial } = await readSystem(connection)
    const uptimeSeconds = Math.max(0, Math.round((clock.steadyMs() - boot.latestMs) / 1_000))
    const latencyMs = await roundTripMs(connection)
    const rights = await readRights(connection, address.username)
    const isOpen = await readIsOpen(connection, address.username, address.tls ? 'api-ssl' : 'api')
    const read: Partial<Record<Service, ServiceProbe>> = {}
    for (const service of services) read[service.name] = await readService(service.open(connection))
    const isBypassed = services.some(it => it.isBypassedByFastTrack && read[it.name]?.kind === 'read')
    const isFastTracked = isBypassed && (await hasFastTrack(connection))
    const clockOffsetSeconds = await readClockOffset(connection, clock)
    return {
      ...{
        identity,
        version,
        serial,
        uptimeSeconds,
        latencyMs,
        rights,
        isOpen,
        certificate: line.certificate,
      },
      ...{ services: read, isFastTracked, clockOffsetSeconds },
    }
  } finally {
    signal.removeEventListener('abort', abort)
    connection.close()
  }
}

async function roundTripMs(connection: RouterConnection): Promise<number> {
  const taken: number[] = []
  for (let trip = 0; trip < ROUND_TRIPS; trip++) {
    const { askedMs, answeredMs } = await connection.command('/system/identity/print', proplist('name'))
    taken.push(answeredMs - askedMs)
  }
  return taken.sort((a, b) => a - b)[Math.floor(ROUND_TRIPS / 2)] ?? 0
}

/** Reads a second time if counters are missing: a session that began between two requests has them then. */
async function readService(menu: SessionMenu): Promise<ServiceProbe> {
  try {
    const first = counted(await menu.read(), menu)
    if (first.withCounters === first.sessions) return first
    return { ...counted(await menu.read(), menu), domains: first.domains }
  } catch (error) {
    if (!(error instanceof RouterError)) throw error
    if (error instanceof RouterTrap && error.isMissingMenu) return { kind: 'missing' }
    return { kind: 'failed', error }
  }
}

function counted(
  { rows, known, unread }: SessionRows,
  { missingMenus }: SessionMenu,
): Extract<ServiceProbe, { kind: 'read' }> {
  const others = known.numbers.length
  const withCounters = rows.filter(({ counters }) => counters !== undefined).length
  return {
    kind: 'read',
    sessions: rows.length + others + unread.length,
    withCounters: withCounters + others,
    unreadable: [...rows, ...unread].flatMap(({ unreadable }) => unreadable ?? []),
    domains: domainsOf([...rows, ...unread]),
    missingMenus,
  }
}

/** @param rows all rows of a hotspot that was read with the domain as part of the names */
function domainsOf(rows: readonly Pick<SessionReading, 'username' | 'domain'>[]): ProbedDomains | undefined {
  const firsts = new Map<string, string | undefined>()
  let count = 0
  let example: ProbedDomains['example'] | undefined
  let shared: string | undefined
  for (const { username: part, domain } of rows) {
    const ignore = domain === undefined ? part : part.slice(0, -domain.length - 1)
    if (domain !== undefined) {
      count++
      example ??= { part, ignore }
    }
    if (!firsts.has(ignore)) firsts.set(ignore, domain)
    else if (firsts.get(ignore) !== domain) shared ??= ignore
  }
  return example && { count, example, shared }
}
