import type { MissingMenu, Window } from '../../accounting/reading.ts'
import { RouterError, RouterTrap } from '../../routeros/errors.ts'
import { beganAt, proplist, textOf, uptimeOf } from '../../routeros/menus/fields.ts'
import { ASK_AGAIN_AFTER_MS } from '../../routeros/menus/session-rows.ts'
import type { Reply, RouterConnection } from '../../routeros/wire/connection.ts'
import type { Row } from '../../routeros/wire/sentence.ts'

/** The PPP protocols that make an interface for each session, and the property of their menu that has the caller. */
const CALLER_PROPERTY: ReadonlyMap<string, string> = new Map([
  ['pppoe', 'remote-address'],
  ['l2tp', 'client-address'],
  ['pptp', 'client-address'],
  ['sstp', 'client-address'],
  ['ovpn', 'client-address'],
])

/** The PPP protocols that make an interface for each session. RouterOS calls them services. */
export const PPP_SERVICES: readonly string[] = [...CALLER_PROPERTY.keys()]

/** A row of `/interface/…-server`: the user on an interface. */
export interface ServerRow {
  readonly service: string
  /** The interface's name. It is never parsed: the second session of `ann` and the first of `ann-1` share one. */
  readonly name: string
  readonly user: string
  readonly caller: string | undefined
  /** Made by an operator, so its interface and counters outlive the session. */
  readonly isStatic: boolean
  /** Whether a session is on it. */
  readonly isRunning: boolean
  /** Absent if no session is on it, or its uptime cannot be read. */
  readonly login: Window | undefined
  /** Whether the previous answer had it as well. */
  readonly isSettled: boolean
}

interface Refusal {
  /** When it was asked, in steady milliseconds. */
  readonly askedMs: number
  /** Whether the menu is missing (an old version, a disabled package). Then it is rarely asked again. */
  readonly isAbsent: boolean
  readonly reason: string
}

/** The server menus, `/interface/…-server`. */
export class PppServers {
  readonly #connection: RouterConnection
  readonly #refused = new Map<string, Refusal>()
  /** Names of the last answers' interfaces, by service. */
  readonly #seen = new Map<string, ReadonlySet<string>>()

  constructor(connection: RouterConnection) {
    this.#connection = connection
  }

  /**
   * Reads the server rows. A menu that fails yields no rows; sessions that already have an interface are still counted.
   * @param users limits the answer to their rows; all rows if absent
   * @param nowMs steady milliseconds
   */
  async read(
    services: ReadonlySet<string>,
    users: readonly string[] | undefined,
    nowMs: number,
  ): Promise<readonly ServerRow[]> {
    const isDue = (service: string) => {
      const refusal = this.#refused.get(service)
      return !refusal?.isAbsent || isOld(refusal, nowMs)
    }
    const asked = PPP_SERVICES.filter(service => services.has(service) && isDue(service))
    const menus = await Promise.all(asked.map(service => this.#readMenu(service, users, nowMs)))
    return menus.flat()
  }

  /** Menus that were refused when they were last asked for. */
  get missing(): readonly MissingMenu[] {
    return Array.from(this.#refused, ([service, { reason }]) => ({ menu: menuOf(service), reason }))
  }

  /**
   * Returns the services whose menus were refused so long ago that they should be asked for again.
   * @param nowMs steady milliseconds
   */
  overdue(nowMs: number): readonly string[] {
    return Array.from(this.#refused).flatMap(([service, refusal]) => (isOld(refusal, nowMs) ? [service] : []))
  }

  async #readMenu(
    service: string,
    users: readonly string[] | undefined,
    nowMs: number,
  ): Promise<readonly ServerRow[]> {
    const callerProperty = CALLER_PROPERTY.get(service) ?? 'client-address'
    const query = users ? [...users.map(user => `?user=${user}`), `?#${'|'.repeat(users.length - 1)}`] : []
    try {
      const reply = await this.#connection.command(
        `${menuOf(service)}/print`,
        proplist('name', 'user', callerProperty, 'uptime', 'dynamic', 'running'),
        ...query.filter(word => word !== '?#'),
      )
      const seen = this.#seen.get(service)
      const rows = reply.rows.map(row => {
        const name = row.get('name') ?? ''
        return {
          ...{ service, name, user: row.get('user') ?? '', caller: textOf(row, callerProperty) },
          isStatic: row.get('dynamic') !== 'true',
          isRunning: row.get('running') !== 'false',
          login: loginOf(reply, row),
          isSettled: seen?.has(name) ?? false,
        }
      })
      this.#seen.set(service, new Set(rows.map(({ name }) => name)))
      this.#refused.delete(service)
      return rows
    } catch (error) {
      if (!(error instanceof RouterError)) throw error
      if (error instanceof RouterTrap) {
        const { isMissingMenu: isAbsent, reason } = error
        this.#refused.set(service, { askedMs: nowMs, isAbsent, reason })
      }
      return []
    }
  }
}

function isOld({ askedMs }: Refusal, nowMs: number): boolean {
  return nowMs - askedMs >= ASK_AGAIN_AFTER_MS
}

function menuOf(service: string): string {
  return `/interface/${service}-server`
}

function loginOf(reply: Reply, row: Row): Window | undefined {
  const uptimeSeconds = uptimeOf(row)
  return uptimeSeconds === undefined ? undefined : beganAt(reply, uptimeSeconds)
}
