import type { SessionReading } from '../../../../src/accounting/reading.ts'
import {
  beganAt,
  counterOf,
  proplist,
  requiredUptimeOf,
  textOf,
} from '../../../../src/routeros/menus/fields.ts'
import type { SessionMenu, SessionRows } from '../../../../src/routeros/menus/session-rows.ts'
import type { Asked, PrintedMenu, RouterConnection } from '../../../../src/routeros/wire/connection.ts'
import type { Row } from '../../../../src/routeros/wire/sentence.ts'

const COMMAND = '/ip/hotspot/host/print'
const MOVING = ['uptime', 'bytes-in', 'bytes-out'] as const
const PROPERTIES = proplist('.id', 'server', 'mac-address', 'address', ...MOVING)

/** `/ip/hotspot/host`, of hosts that are bypassed. */
export class BypassedMenu implements SessionMenu {
  readonly missingMenus = []
  readonly #connection: RouterConnection
  readonly #menu: PrintedMenu

  constructor(connection: RouterConnection) {
    this.#connection = connection
    this.#menu = connection.menu(COMMAND, MOVING, PROPERTIES, '?bypassed=true')
  }

  async read(): Promise<SessionRows> {
    const { rows } = this.#menu
    try {
      const asked = await this.#connection.print(this.#menu)
      const wholes = rows.takeParsed()
      return {
        ...asked,
        rows: wholes.map(({ row }) => sessionOf(asked, row, requiredUptimeOf(row, COMMAND), countersOf(row))),
        numbers: wholes.map(({ number }) => number),
        by: rows.by,
        known: this.#known(asked),
        ...{ bindings: [], unread: [], leftOut: 0 },
      }
    } catch (error) {
      rows.forget()
      throw error
    }
  }

  find(id: string): number | undefined {
    return this.#menu.rows.find('.id', id)[0]
  }

  #known(asked: Asked): SessionRows['known'] {
    const { rows } = this.#menu
    const [uptimeSeconds, upload, download] = [rows.values(0), rows.values(1), rows.values(2)]
    const row = (place: number) => {
      const counters = { upload: upload[place] ?? 0, download: download[place] ?? 0 }
      return sessionOf(asked, rows.rowAt(place), uptimeSeconds[place] ?? 0, counters)
    }
    return { numbers: rows.numbers, uptimeSeconds, upload, download, row }
  }
}

function countersOf(row: Row): SessionReading['counters'] {
  const [upload, download] = [counterOf(row, 'bytes-in'), counterOf(row, 'bytes-out')]
  return upload === undefined || download === undefined ? undefined : { upload, download }
}

function sessionOf(
  asked: Asked,
  row: Row,
  uptimeSeconds: number,
  counters: SessionReading['counters'],
): SessionReading {
  const macAddress = textOf(row, 'mac-address')
  return {
    ...{ protocol: 'bypassed', username: macAddress ?? '', macAddress },
    ...{ server: textOf(row, 'server'), ipAddress: textOf(row, 'address') },
    ...{ domain: undefined, routerSessionId: undefined, callerId: undefined },
    ...{ uptimeSeconds, login: beganAt(asked, uptimeSeconds), counters },
    ...{ binding: undefined, joined: undefined, unreadable: undefined },
  }
}
