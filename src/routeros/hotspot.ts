import type { SessionReading } from '../accounting/reading.ts'
import type { Asked, PrintedMenu, RouterConnection } from './connection.ts'
import { beganAt, counterOf, proplist, requiredUptimeOf, textOf } from './fields.ts'
import { SameWords } from './same-words.ts'
import type { Row } from './sentence.ts'
import type { SessionMenu, SessionRows } from './session-rows.ts'

const MOVING = ['uptime', 'bytes-in', 'bytes-out'] as const

/** Without `comment`: it is of no use here, and operators write it in any encoding. */
const PROPERTIES = proplist('.id', 'server', 'user', 'address', 'mac-address', ...MOVING)

/** `/ip/hotspot/active`: `bytes-in` is what the router got from the user, so upload, and `bytes-out` download. */
export class HotspotMenu implements SessionMenu {
  readonly #connection: RouterConnection
  readonly #menu: PrintedMenu
  readonly #words = new SameWords()

  constructor(connection: RouterConnection) {
    this.#connection = connection
    this.#menu = connection.menu('/ip/hotspot/active/print', MOVING, PROPERTIES)
  }

  /** @throws RouterError */
  async read(): Promise<SessionRows> {
    const { rows } = this.#menu
    try {
      const asked = await this.#connection.print(this.#menu)
      const wholes = rows.takeWholes()
      return {
        ...asked,
        rows: wholes.map(({ row }) => sessionOf(asked, row, this.#words)),
        bindings: [],
        numbers: wholes.map(({ number }) => number),
        by: rows.by,
        known: {
          numbers: rows.numbers,
          uptimeSeconds: rows.values(0),
          upload: rows.values(1),
          download: rows.values(2),
          row: place => sessionOf(asked, rows.rowAt(place), this.#words),
        },
      }
    } catch (error) {
      rows.forget()
      throw error
    }
  }

  find(id: string): number | undefined {
    return this.#menu.rows.find(`=.id=${id}`)
  }
}

function sessionOf(asked: Asked, row: Row, words: SameWords): SessionReading {
  const server = textOf(row, 'server')
  const upload = counterOf(row, 'bytes-in')
  const download = counterOf(row, 'bytes-out')
  const uptimeSeconds = requiredUptimeOf(row, '/ip/hotspot/active')
  return {
    protocol: 'hotspot',
    username: row.get('user') ?? '',
    server: server && words.of(server),
    macAddress: textOf(row, 'mac-address'),
    ipAddress: textOf(row, 'address'),
    routerSessionId: undefined,
    callerId: undefined,
    uptimeSeconds,
    login: beganAt(asked, uptimeSeconds),
    counters: upload === undefined || download === undefined ? undefined : { upload, download },
    binding: undefined,
  }
}
