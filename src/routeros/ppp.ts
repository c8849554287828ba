import type { Bytes } from '../accounting/bytes.ts'
import type { BindingReading, SessionReading } from '../accounting/reading.ts'
import { identityKey } from '../accounting/session.ts'
import type { Reply, RouterConnection } from './connection.ts'
import { beganAt, counterOf, proplist, requiredUptimeOf, type SessionRows, textOf } from './fields.ts'
import { joinPpp } from './ppp-join.ts'
import { PPP_SERVICES, PppServers, type ServerRow } from './ppp-servers.ts'
import type { Row } from './sentence.ts'

const ACTIVE = proplist('.id', 'name', 'service', 'caller-id', 'address', 'uptime', 'session-id')
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

interface ActiveRow {
  readonly id: string
  readonly session: SessionReading
  /** Tells it from every other of the reading, twins too, and is the same in the next. */
  readonly key: string
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
  readonly #joined = new Map<string, Joined>()
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
    const sessions = active.rows.map(row => activeRow(active, row))
    this.#forgetAllBut(sessions)
    const wanted = this.#servicesToAsk(sessions, interfaces)
    if (wanted.size > 0) this.#join(sessions, interfaces, await this.#servers.read(wanted), active.askedMs)
    this.#isFirstRound = false
    const byId = new Map(interfaces.map(it => [it.id, it]))
    const rows = sessions.map(row => this.#withCounters(row, byId))
    this.#countUnjoined(sessions)
    return {
      rows,
      ids: sessions.map(row => row.id),
      bindings: this.#bindingReadings(interfaces),
      askedMs: active.askedMs,
      answeredMs: active.answeredMs,
    }
  }

  #servicesToAsk(sessions: readonly ActiveRow[], interfaces: readonly InterfaceRow[]): ReadonlySet<string> {
    // Once a connection, so that static bindings are known before a session is on them.
    const wanted = new Set<string>(this.#isFirstRound ? interfaces.map(it => it.service) : [])
    for (const { key, session } of sessions) {
      if (this.#joined.has(key)) continue
      const rounds = this.#unjoinedRounds.get(key) ?? 0
      if (rounds < EAGER_ROUNDS || rounds % PATIENT_ROUNDS === 0) wanted.add(session.protocol)
    }
    return wanted
  }

  #join(
    sessions: readonly ActiveRow[],
    interfaces: readonly InterfaceRow[],
    servers: readonly ServerRow[],
    askedMs: number,
  ): void {
    const idOf = new Map(interfaces.map(it => [it.name, it.id]))
    const taken = new Set(Array.from(this.#joined.values(), it => it.interfaceId))
    for (const row of servers) if (row.isStatic) this.#bindings.add(row.name)
    const free = servers.filter(row => {
      const id = idOf.get(row.name)
      return row.isRunning && id !== undefined && !taken.has(id)
    })
    const unjoined = sessions.filter(({ key }) => !this.#joined.has(key)).map(({ session }) => session)
    const rows = joinPpp(unjoined, free, askedMs)
    for (const { key, session } of sessions) {
      const server = rows.get(session)
      const interfaceId = server && idOf.get(server.name)
      if (interfaceId !== undefined)
        this.#joined.set(key, { interfaceId, binding: server?.isStatic ? server.name : undefined })
    }
  }

  #withCounters({ key, session }: ActiveRow, byId: ReadonlyMap<string, InterfaceRow>): SessionReading {
    const joined = this.#joined.get(key)
    if (!joined) return session
    const its = byId.get(joined.interfaceId)
    // The interface went away between the two answers, or for good: find it anew next time.
    if (!its) this.#joined.delete(key)
    return { ...session, binding: joined.binding, counters: its?.counters }
  }

  /** Before any join: who took the place of a session that has gone may be on its interface. */
  #forgetAllBut(sessions: readonly ActiveRow[]): void {
    const keys = new Set(sessions.map(({ key }) => key))
    for (const key of this.#joined.keys()) if (!keys.has(key)) this.#joined.delete(key)
  }

  #countUnjoined(sessions: readonly ActiveRow[]): void {
    const rounds = new Map<string, number>()
    for (const { key } of sessions)
      if (!this.#joined.has(key)) rounds.set(key, (this.#unjoinedRounds.get(key) ?? 0) + 1)
    this.#unjoinedRounds = rounds
  }

  #bindingReadings(interfaces: readonly InterfaceRow[]): readonly BindingReading[] {
    return interfaces.flatMap(({ name, counters }) =>
      counters && this.#bindings.has(name) ? [{ name, counters }] : [],
    )
  }
}

function activeRow(reply: Reply, row: Row): ActiveRow {
  const uptimeSeconds = requiredUptimeOf(row, '/ppp/active')
  const session: SessionReading = {
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
  const id = row.get('.id') ?? ''
  return { id, key: `${id}\0${session.protocol}\0${identityKey('ppp', session)}`, session }
}

function interfaceRow(row: Row): InterfaceRow {
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
