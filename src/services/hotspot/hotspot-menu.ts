import { ALL_ROWS } from '../../accounting/limits/admission.ts'
import { beganAt, proplist } from '../../routeros/menus/fields.ts'
import { Interned } from '../../routeros/menus/interned.ts'
import type { SessionMenu, SessionRows } from '../../routeros/menus/session-rows.ts'
import type { Asked, PrintedMenu, RouterConnection } from '../../routeros/wire/connection.ts'
import type { Row } from '../../routeros/wire/sentence.ts'
import { COUNTERS, type HotspotDomain, HotspotRows, hotspotIdentity, hotspotSession } from './hotspot-rows.ts'

const MOVING = ['uptime', ...COUNTERS] as const

/** Without `comment`: it is not needed, and operators write it in any encoding. */
const PROPERTIES = proplist('.id', 'server', 'user', 'domain', 'address', 'mac-address', ...MOVING)

/** `/ip/hotspot/active`. `bytes-in` is what the router received from the user: upload. `bytes-out` is download. */
export class HotspotMenu implements SessionMenu {
  /** Always empty, because it needs no other menu. */
  readonly missingMenus = []
  readonly #connection: Pick<RouterConnection, 'menu' | 'print'>
  readonly #domain: HotspotDomain
  readonly #menu: PrintedMenu
  readonly #interned = new Interned()

  constructor(connection: Pick<RouterConnection, 'menu' | 'print'>, domain: HotspotDomain) {
    this.#connection = connection
    this.#domain = domain
    this.#menu = connection.menu('/ip/hotspot/active/print', MOVING, PROPERTIES)
  }

  /** @throws RouterError */
  async read(admission = ALL_ROWS): Promise<SessionRows> {
    const { rows } = this.#menu
    const parsed = new HotspotRows(row => this.#identity(row), admission)
    try {
      const asked = await this.#connection.print(this.#menu, parsed)
      return {
        askedMs: asked.askedMs,
        answeredMs: asked.answeredMs,
        rows: parsed.settle(asked),
        numbers: parsed.numbers,
        unread: parsed.unread,
        leftOut: parsed.leftOut,
        bindings: [],
        by: rows.by,
        known: this.#known(asked),
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
    const [uptimes, upload, download] = [rows.values(0), rows.values(1), rows.values(2)]
    const row = (place: number) => {
      const counters = { upload: upload[place] ?? 0, download: download[place] ?? 0 }
      const uptimeSeconds = uptimes[place] ?? 0
      const moving = { uptimeSeconds, counters, unreadable: undefined }
      return hotspotSession(this.#identity(rows.rowAt(place)), moving, beganAt(asked, uptimeSeconds))
    }
    return { numbers: rows.numbers, uptimeSeconds: uptimes, upload, download, row }
  }

  #identity(row: Row) {
    return hotspotIdentity(row, this.#domain, this.#interned)
  }
}
