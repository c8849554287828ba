import { ALL_ROWS } from '../accounting/admission.ts'
import type { SessionReading, Unreadable, UnreadRow } from '../accounting/reading.ts'
import { boundedName } from './bounded-text.ts'
import type { Asked, PrintedMenu, RouterConnection } from './connection.ts'
import { type AtDoor, Door } from './door.ts'
import { beganAt, counterOf, proplist, textOf, unreadable, unreadableCounterOf, uptimeOf } from './fields.ts'
import { SameWords } from './same-words.ts'
import type { Row } from './sentence.ts'
import type { SessionMenu, SessionRows } from './session-rows.ts'

const COUNTERS = ['bytes-in', 'bytes-out'] as const
const MOVING = ['uptime', ...COUNTERS] as const

/** Without `comment`: it is of no use here, and operators write it in any encoding. */
const PROPERTIES = proplist('.id', 'server', 'user', 'domain', 'address', 'mac-address', ...MOVING)

/** Whether the domain that a router splits off a login's name is a part of the subscriber's name, `ann@north.example`. */
export type HotspotDomain = 'part' | 'ignore'

/** `/ip/hotspot/active`: `bytes-in` is what the router got from the user, so upload, and `bytes-out` download. */
export class HotspotMenu implements SessionMenu {
  /** It needs no other. */
  readonly missingMenus = []
  readonly #connection: Pick<RouterConnection, 'menu' | 'print'>
  readonly #domain: HotspotDomain
  readonly #menu: PrintedMenu
  readonly #words = new SameWords()

  constructor(connection: Pick<RouterConnection, 'menu' | 'print'>, domain: HotspotDomain) {
    this.#connection = connection
    this.#domain = domain
    this.#menu = connection.menu('/ip/hotspot/active/print', MOVING, PROPERTIES)
  }

  /** @throws RouterError */
  async read(admission = ALL_ROWS): Promise<SessionRows> {
    const { rows } = this.#menu
    const door = new Door(admission, (row: Row) => this.#atDoor(row))
    try {
      const asked = await this.#connection.print(this.#menu, row => door.admits(row))
      return {
        ...asked,
        ...this.#wholes(asked),
        bindings: [],
        by: rows.by,
        known: this.#known(asked),
        leftOut: door.leftOut,
      }
    } catch (error) {
      rows.forget()
      throw error
    }
  }

  find(id: string): number | undefined {
    return this.#menu.rows.find('.id', id)[0]
  }

  #wholes(asked: Asked): Pick<SessionRows, 'rows' | 'numbers' | 'unread'> {
    const rows: SessionReading[] = []
    const numbers: number[] = []
    const unread: UnreadRow[] = []
    for (const { row, number } of this.#menu.rows.takeWholes()) {
      const uptimeSeconds = uptimeOf(row)
      if (uptimeSeconds === undefined) {
        unread.push({ protocol: 'hotspot', ...this.#identity(row), unreadable: unreadable(row, 'uptime') })
        continue
      }
      const [upload, download] = [counterOf(row, 'bytes-in'), counterOf(row, 'bytes-out')]
      const counters = upload === undefined || download === undefined ? undefined : { upload, download }
      rows.push(
        this.#session(
          asked,
          row,
          uptimeSeconds,
          counters,
          counters ? undefined : unreadableCounterOf(row, COUNTERS),
        ),
      )
      numbers.push(number)
    }
    return { rows, numbers, unread }
  }

  #known(asked: Asked): SessionRows['known'] {
    const { rows } = this.#menu
    const [uptimeSeconds, upload, download] = [rows.values(0), rows.values(1), rows.values(2)]
    const row = (place: number) => {
      const counters = { upload: upload[place] ?? 0, download: download[place] ?? 0 }
      return this.#session(asked, rows.rowAt(place), uptimeSeconds[place] ?? 0, counters, undefined)
    }
    return { numbers: rows.numbers, uptimeSeconds, upload, download, row }
  }

  #session(
    asked: Asked,
    row: Row,
    uptimeSeconds: number,
    counters: SessionReading['counters'],
    unreadable: Unreadable | undefined,
  ): SessionReading {
    const { username, domain, server, macAddress, ipAddress } = this.#identity(row)
    return {
      protocol: 'hotspot',
      username,
      domain,
      server,
      macAddress,
      ipAddress,
      routerSessionId: undefined,
      callerId: undefined,
      uptimeSeconds,
      login: beganAt(asked, uptimeSeconds),
      counters,
      binding: undefined,
      joined: undefined,
      unreadable,
    }
  }

  #atDoor(row: Row): AtDoor {
    return { ...this.#identity(row), isUnreadable: uptimeOf(row) === undefined }
  }

  #identity(row: Row) {
    const user = row.get('user') ?? ''
    const domain = textOf(row, 'domain')
    const server = textOf(row, 'server')
    return {
      username: domain === undefined || this.#domain === 'ignore' ? user : boundedName(`${user}@${domain}`),
      domain: domain && this.#words.of(domain),
      server: server && this.#words.of(server),
      macAddress: textOf(row, 'mac-address'),
      ipAddress: textOf(row, 'address'),
      ...{ routerSessionId: undefined, callerId: undefined },
    }
  }
}
