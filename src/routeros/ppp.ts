import type { Bytes } from '../accounting/bytes.ts'
import type { BindingReading, SessionReading } from '../accounting/reading.ts'
import { identityKey } from '../accounting/session.ts'
import { gapMs, LOGIN_TOLERANCE_MS } from '../accounting/window.ts'
import type { Reply, RouterConnection } from './connection.ts'
import { beganAt, counterOf, proplist, type SessionRows, textOf, uptimeOf } from './fields.ts'
import { PPP_SERVICES, PppServers, type ServerRow } from './ppp-servers.ts'

const ACTIVE = proplist('name', 'service', 'caller-id', 'address', 'uptime', 'session-id')
const INTERFACE = proplist('.id', 'name', 'type', 'rx-byte', 'tx-byte')
/** `?#|` joins two conditions, so n of them need n − 1. */
const SESSION_INTERFACES = [
  ...PPP_SERVICES.map(service => `?type=${service}-in`),
  `?#${'|'.repeat(PPP_SERVICES.length - 1)}`,
]

/** A session that finds no interface asks for the server menus again: at once for a few rounds, then now and then. */
const EAGER_ROUNDS = 3
const PATIENT_ROUNDS = 12

export interface PppRows extends SessionRows {
  readonly bindings: readonly BindingReading[]
}

interface InterfaceRow {
  readonly id: string
  readonly name: string
  readonly service: string
  readonly counters: Bytes | undefined
}

/** Which interface a session is on. By `.id`: a name is used again by the next session, an id is not. */
interface Joined {
  readonly interfaceId: string
  readonly binding: string | undefined
}

/**
 * `/ppp/active`, which has no bytes, joined over the server menus to `/interface`, which has them: the router's rx
 * is the client's upload. A session keeps its interface, so the server menus are asked only when one appears that
 * has none yet; in the steady state a reading is two requests in one write.
 */
export class PppMenu {
  readonly #connection: RouterConnection
  readonly #servers: PppServers
  #joined = new Map<string, Joined>()
  /** Rounds since a session first found no interface. */
  #unjoinedRounds = new Map<string, number>()
  /** Names of static bindings, as far as the server menus told. */
  readonly #bindings = new Set<string>()
  #isFirstRound = true

  constructor(connection: RouterConnection) {
    this.#connection = connection
    this.#servers = new PppServers(connection)
  }

  /** @throws RouterError */
  async read(): Promise<PppRows> {
    const [active, interfaceReply] = await Promise.all([
      this.#connection.command('/ppp/active/print', ACTIVE),
      this.#connection.command('/interface/print', INTERFACE, ...SESSION_INTERFACES),
    ])
    const interfaces = interfaceReply.rows.map(interfaceRow)
    const sessions = active.rows.map(row => sessionRow(active, row))
    const wanted = this.#servicesToAsk(sessions, interfaces)
    if (wanted.size > 0) this.#join(sessions, interfaces, await this.#servers.read(wanted))
    this.#isFirstRound = false
    const byId = new Map(interfaces.map(it => [it.id, it]))
    const rows = sessions.map(session => this.#withCounters(session, byId))
    this.#forgetAllBut(sessions)
    return {
      rows,
      bindings: this.#bindingReadings(interfaces),
      askedMs: active.askedMs,
      answeredMs: active.answeredMs,
    }
  }

  #servicesToAsk(
    sessions: readonly SessionReading[],
    interfaces: readonly InterfaceRow[],
  ): ReadonlySet<string> {
    // Once a connection, so that static bindings are known before a session is on them.
    const wanted = new Set<string>(this.#isFirstRound ? interfaces.map(it => it.service) : [])
    for (const session of sessions) {
      const key = joinKey(session)
      if (this.#joined.has(key)) continue
      const rounds = this.#unjoinedRounds.get(key) ?? 0
      if (rounds < EAGER_ROUNDS || rounds % PATIENT_ROUNDS === 0) wanted.add(session.protocol)
    }
    return wanted
  }

  #join(
    sessions: readonly SessionReading[],
    interfaces: readonly InterfaceRow[],
    servers: readonly ServerRow[],
  ): void {
    const byName = new Map(interfaces.map(it => [it.name, it]))
    const taken = new Set(Array.from(this.#joined.values(), it => it.interfaceId))
    for (const row of servers) if (row.isStatic) this.#bindings.add(row.name)
    for (const session of sessions) {
      const key = joinKey(session)
      if (this.#joined.has(key)) continue
      const free = servers.filter(row => {
        const id = byName.get(row.name)?.id
        return row.isRunning && id !== undefined && !taken.has(id)
      })
      const server = serverOf(session, free)
      const id = server && byName.get(server.name)?.id
      if (id === undefined) continue
      taken.add(id)
      this.#joined.set(key, { interfaceId: id, binding: server?.isStatic ? server.name : undefined })
    }
  }

  #withCounters(session: SessionReading, byId: ReadonlyMap<string, InterfaceRow>): SessionReading {
    const key = joinKey(session)
    const joined = this.#joined.get(key)
    if (!joined) return session
    const its = byId.get(joined.interfaceId)
    // The interface went away between the two answers, or for good: find it anew next time.
    if (!its) this.#joined.delete(key)
    return { ...session, binding: joined.binding, counters: its?.counters }
  }

  #forgetAllBut(sessions: readonly SessionReading[]): void {
    const joined = new Map<string, Joined>()
    const unjoined = new Map<string, number>()
    for (const session of sessions) {
      const key = joinKey(session)
      const its = this.#joined.get(key)
      if (its) joined.set(key, its)
      else unjoined.set(key, (this.#unjoinedRounds.get(key) ?? 0) + 1)
    }
    this.#joined = joined
    this.#unjoinedRounds = unjoined
  }

  #bindingReadings(interfaces: readonly InterfaceRow[]): readonly BindingReading[] {
    return interfaces.flatMap(({ name, counters }) =>
      counters && this.#bindings.has(name) ? [{ name, counters }] : [],
    )
  }
}

function joinKey(session: SessionReading): string {
  return `${session.protocol}\0${identityKey('ppp', session)}`
}

/**
 * The server row that a session is on: its user's, from its caller, up for as long. Some services write the caller
 * another way in the two menus; then the user's only row of that age will do.
 */
function serverOf(session: SessionReading, servers: readonly ServerRow[]): ServerRow | undefined {
  const fitting = servers
    .filter(row => row.service === session.protocol && row.user === session.username)
    .filter(row => gapMs(row.login, session.login) <= LOGIN_TOLERANCE_MS)
    .sort((a, b) => gapMs(a.login, session.login) - gapMs(b.login, session.login))
  const sameCaller = fitting.find(row => row.caller === session.callerId)
  return sameCaller ?? (fitting.length === 1 ? fitting[0] : undefined)
}

function sessionRow(reply: Reply, row: Reply['rows'][number]): SessionReading {
  const uptimeSeconds = uptimeOf(row)
  return {
    protocol: row.get('service') ?? 'ppp',
    username: row.get('name') ?? '',
    server: undefined,
    macAddress: macOf(row.get('caller-id')),
    ipAddress: textOf(row, 'address'),
    routerSessionId: textOf(row, 'session-id'),
    callerId: textOf(row, 'caller-id'),
    uptimeSeconds,
    login: beganAt(reply, uptimeSeconds),
    counters: undefined,
    binding: undefined,
  }
}

function interfaceRow(row: Reply['rows'][number]): InterfaceRow {
  const upload = counterOf(row, 'rx-byte')
  const download = counterOf(row, 'tx-byte')
  return {
    id: row.get('.id') ?? '',
    name: row.get('name') ?? '',
    service: (row.get('type') ?? '').replace(/-in$/, ''),
    counters: upload === undefined || download === undefined ? undefined : { upload, download },
  }
}

/** PPPoE's caller is a MAC, that of the others an address. */
function macOf(caller: string | undefined): string | undefined {
  return caller !== undefined && /^([\dA-F]{2}:){5}[\dA-F]{2}$/i.test(caller) ? caller : undefined
}
