import type { Window } from '../accounting/reading.ts'
import type { Reply, RouterConnection } from './connection.ts'
import { RouterTrap } from './errors.ts'
import { beganAt, proplist, textOf, uptimeOf } from './fields.ts'
import type { Row } from './sentence.ts'

/** The services that make an interface for each session, with the property that holds the caller in their menu. */
const CALLER_PROPERTY: ReadonlyMap<string, string> = new Map([
  ['pppoe', 'remote-address'],
  ['l2tp', 'client-address'],
  ['pptp', 'client-address'],
  ['sstp', 'client-address'],
  ['ovpn', 'client-address'],
])

export const PPP_SERVICES: readonly string[] = [...CALLER_PROPERTY.keys()]

/** A row of `/interface/…-server`: who is on which interface. */
export interface ServerRow {
  readonly service: string
  /** The interface's name. Never parsed: the second session of `ann` and the first of `ann-1` have the same. */
  readonly name: string
  readonly user: string
  readonly caller: string | undefined
  /** Made by an operator, so its interface and counters outlive the session. */
  readonly isStatic: boolean
  /** Whether a session is on it. */
  readonly isRunning: boolean
  /** Absent where no session is on it. */
  readonly login: Window | undefined
}

/** The server menus. One that is not there (an old version, a package that is off) is not asked again. */
export class PppServers {
  readonly #connection: RouterConnection
  readonly #missing = new Set<string>()

  constructor(connection: RouterConnection) {
    this.#connection = connection
  }

  /**
   * @param users whose rows are enough; all where absent
   * @throws RouterError
   */
  async read(
    services: ReadonlySet<string>,
    users: readonly string[] | undefined,
  ): Promise<readonly ServerRow[]> {
    const asked = PPP_SERVICES.filter(service => services.has(service) && !this.#missing.has(service))
    const menus = await Promise.all(asked.map(service => this.#readMenu(service, users)))
    return menus.flat()
  }

  async #readMenu(service: string, users: readonly string[] | undefined): Promise<readonly ServerRow[]> {
    const callerProperty = CALLER_PROPERTY.get(service) ?? 'client-address'
    const query = users ? [...users.map(user => `?user=${user}`), `?#${'|'.repeat(users.length - 1)}`] : []
    try {
      const reply = await this.#connection.command(
        `/interface/${service}-server/print`,
        proplist('name', 'user', callerProperty, 'uptime', 'dynamic', 'running'),
        ...query.filter(word => word !== '?#'),
      )
      return reply.rows.map(row => ({
        service,
        name: row.get('name') ?? '',
        user: row.get('user') ?? '',
        caller: textOf(row, callerProperty),
        isStatic: row.get('dynamic') !== 'true',
        isRunning: row.get('running') !== 'false',
        login: loginOf(reply, row),
      }))
    } catch (error) {
      if (!(error instanceof RouterTrap && error.isMissingMenu)) throw error
      this.#missing.add(service)
      return []
    }
  }
}

function loginOf(reply: Reply, row: Row): Window | undefined {
  const uptimeSeconds = uptimeOf(row)
  return uptimeSeconds === undefined ? undefined : beganAt(reply, uptimeSeconds)
}
