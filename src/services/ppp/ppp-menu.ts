import type { KnownRows, MissingMenu, SessionReading } from '../../accounting/reading.ts'
import { proplist, uptimeOf } from '../../routeros/menus/fields.ts'
import { Interned } from '../../routeros/menus/interned.ts'
import type { SessionMenu, SessionRows } from '../../routeros/menus/session-rows.ts'
import type { Asked, PrintedMenu, RouterConnection } from '../../routeros/wire/connection.ts'
import type { Callers } from './callers.ts'
import { JoinedInterfaces } from './joined-interfaces.ts'
import { PppInterfaces } from './ppp-interfaces.ts'
import { type ActiveSession, pppSessionOf, type UnreadActive, unreadPppRow } from './ppp-row.ts'

const MOVING = ['uptime'] as const
const PROPERTIES = proplist('.id', 'name', 'service', 'caller-id', 'address', ...MOVING, 'session-id')

/**
 * Joins `/ppp/active`, which has no bytes, to `/interface`, which has them, through the server menus. A session keeps
 * its interface, so the server menus are asked only for sessions that have none yet. In the steady state a reading is
 * two requests in one write.
 */
export class PppMenu implements SessionMenu {
  readonly #connection: RouterConnection
  readonly #menu: PrintedMenu
  readonly #interfaces: PppInterfaces
  readonly #joins: JoinedInterfaces
  readonly #interned = new Interned()

  /** @param callers of this router; they outlive the connection */
  constructor(connection: RouterConnection, callers: Callers) {
    this.#connection = connection
    this.#menu = connection.menu('/ppp/active/print', MOVING, PROPERTIES)
    this.#interfaces = new PppInterfaces(connection)
    this.#joins = new JoinedInterfaces({
      connection,
      callers,
      rows: this.#menu.rows,
      interfaces: this.#interfaces,
    })
  }

  /** Server menus that the router refused when they were last asked for. Sessions on them have no counters. */
  get missingMenus(): readonly MissingMenu[] {
    return this.#joins.missingMenus
  }

  async read(): Promise<SessionRows> {
    try {
      return await this.#read()
    } catch (error) {
      this.#menu.rows.forget()
      this.#interfaces.forget()
      this.#joins.forget()
      throw error
    }
  }

  find(id: string): number | undefined {
    return this.#menu.rows.find('.id', id)[0]
  }

  async #read(): Promise<SessionRows> {
    const { rows } = this.#menu
    const [asked] = await Promise.all([this.#connection.print(this.#menu), this.#interfaces.read()])
    const parsed: ActiveSession[] = []
    const unread: UnreadActive[] = []
    for (const { number, row, isNew } of rows.takeParsed()) {
      if (isNew) this.#joins.begin(number)
      const uptimeSeconds = uptimeOf(row)
      if (uptimeSeconds === undefined) unread.push({ number, row: unreadPppRow(row, this.#interned) })
      else parsed.push({ number, session: pppSessionOf(asked, row, uptimeSeconds, this.#interned) })
    }
    // A row that was recognised, but whose interface was not, is handled like a parsed one.
    const build = (place: number) =>
      parsed.push({
        number: rows.numbers[place] ?? 0,
        session: this.#knownAt(asked, place),
      })
    let { places, others } = this.#joins.placesJoined()
    for (const place of others) build(place)
    if (await this.#joins.join(parsed, unread, asked.askedMs)) {
      const built = new Set(others)
      places = this.#joins.placesJoined().places.filter(place => !built.has(place))
      const kept = new Set(places)
      for (const place of rows.numbers.keys()) if (!kept.has(place) && !built.has(place)) build(place)
    }
    const sessions = parsed.map(active => this.#joins.withCounters(active))
    this.#joins.countUnjoined(parsed)
    return {
      askedMs: asked.askedMs,
      answeredMs: asked.answeredMs,
      rows: sessions,
      numbers: parsed.map(({ number }) => number),
      by: rows.by,
      known: this.#known(places, asked),
      bindings: this.#interfaces.bindings(),
      unread: unread.map(it => it.row),
      leftOut: 0,
    }
  }

  #known(places: Int32Array, asked: Asked): KnownRows {
    const { rows } = this.#menu
    const uptimes = rows.values(0)
    const numbers = new Int32Array(places.length)
    const uptimeSeconds = new Float64Array(places.length)
    const upload = new Float64Array(places.length)
    const download = new Float64Array(places.length)
    for (let index = 0; index < places.length; index++) {
      const place = places[index] ?? 0
      const number = rows.numbers[place] ?? 0
      const on = this.#joins.interfaceOf(number)
      numbers[index] = number
      uptimeSeconds[index] = uptimes[place] ?? Number.NaN
      upload[index] = this.#interfaces.upload(on)
      download[index] = this.#interfaces.download(on)
    }
    const row = (index: number): SessionReading =>
      this.#joins.withCounters({
        number: numbers[index] ?? 0,
        session: this.#knownAt(asked, places[index] ?? 0),
      })
    return { numbers, uptimeSeconds, upload, download, row }
  }

  #knownAt(asked: Asked, place: number): SessionReading {
    const { rows } = this.#menu
    return pppSessionOf(asked, rows.rowAt(place), rows.values(0)[place] ?? 0, this.#interned)
  }
}
