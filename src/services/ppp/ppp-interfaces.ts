import type { Bytes } from '../../accounting/bytes.ts'
import type { BindingReading, Unreadable } from '../../accounting/reading.ts'
import { counterOf, proplist, unreadableCounterOf } from '../../routeros/menus/fields.ts'
import type { PrintedMenu, RouterConnection } from '../../routeros/wire/connection.ts'
import type { Row } from '../../routeros/wire/sentence.ts'
import { PPP_SERVICES } from './ppp-servers.ts'
import { TwinRows } from './twin-rows.ts'

const MOVING = ['rx-byte', 'tx-byte'] as const
const NONE: ReadonlySet<string> = new Set()
const ALL_READABLE: ReadonlyMap<number, Unreadable> = new Map()
/** `?#|` joins two conditions, so n of them need n − 1. */
const SESSION_INTERFACES = [
  ...PPP_SERVICES.map(service => `?type=${service}-in`),
  `?#${'|'.repeat(PPP_SERVICES.length - 1)}`,
]

/** `/interface` of PPP sessions, which has their bytes. The router's rx is the client's upload. */
export class PppInterfaces {
  readonly #connection: RouterConnection
  readonly #menu: PrintedMenu
  /** By number; NaN if the last answer lacked the interface or its counters. */
  #upload = new Float64Array()
  #download = new Float64Array()
  /** By number. */
  readonly #names: string[] = []
  readonly #ids: (string | undefined)[] = []
  /** Numbers by the names of static server bindings. */
  readonly #bindings = new Map<string, number | undefined>()
  readonly #twins = new TwinRows()
  #newServices: ReadonlySet<string> = NONE
  /** Counters of the last answer that cannot be read, by number. */
  #unreadable: ReadonlyMap<number, Unreadable> = ALL_READABLE

  constructor(connection: RouterConnection) {
    this.#connection = connection
    const properties = proplist('.id', 'name', 'type', ...MOVING)
    this.#menu = connection.menu('/interface/print', MOVING, properties, ...SESSION_INTERFACES)
  }

  /**
   * Reads the counters of all interfaces.
   * @throws RouterError
   */
  async read(): Promise<void> {
    const { rows } = this.#menu
    await this.#connection.print(this.#menu)
    if (rows.capacity > this.#upload.length) {
      this.#upload = new Float64Array(2 * rows.capacity)
      this.#download = new Float64Array(2 * rows.capacity)
    }
    this.#upload.fill(Number.NaN)
    this.#download.fill(Number.NaN)
    const { numbers } = rows
    const upload = rows.values(0)
    const download = rows.values(1)
    for (let place = 0; place < numbers.length; place++) {
      const number = numbers[place] ?? 0
      this.#upload[number] = upload[place] ?? Number.NaN
      this.#download[number] = download[place] ?? Number.NaN
    }
    const parsed = rows.takeParsed()
    // Nearly always nothing is parsed, and each router would make and keep two empty tables.
    this.#newServices = parsed.length === 0 ? NONE : new Set(parsed.map(({ row }) => serviceOf(row)))
    let unreadable: Map<number, Unreadable> | undefined
    for (const { number, row } of parsed) {
      this.#upload[number] = counterOf(row, 'rx-byte') ?? Number.NaN
      this.#download[number] = counterOf(row, 'tx-byte') ?? Number.NaN
      const garbled = unreadableCounterOf(row, MOVING)
      if (garbled) {
        unreadable ??= new Map()
        unreadable.set(number, garbled)
      }
      const name = row.get('name') ?? ''
      this.#twins.note(number, `${row.get('.id') ?? ''} ${name}`)
      this.#names[number] = name
      this.#ids[number] = row.get('.id')
    }
    this.#unreadable = unreadable ?? ALL_READABLE
    this.#twins.level(number => rows.has(number), this.#upload, this.#download)
    for (const { number } of parsed) {
      const name = this.name(number)
      if (this.#bindings.has(name)) this.#bindings.set(name, this.#twins.firstOf(number))
    }
  }

  /** Forgets all rows. */
  forget(): void {
    this.#menu.rows.forget()
    this.#twins.forget()
    for (const name of this.#bindings.keys()) this.#bindings.set(name, undefined)
  }

  upload(number: number): number {
    return this.#upload[number] ?? Number.NaN
  }

  download(number: number): number {
    return this.#download[number] ?? Number.NaN
  }

  counters(number: number): Bytes | undefined {
    const counters = { upload: this.upload(number), download: this.download(number) }
    return Number.isNaN(counters.upload + counters.download) ? undefined : counters
  }

  unreadable(number: number): Unreadable | undefined {
    return this.#unreadable.get(number)
  }

  name(number: number): string {
    return this.#names[number] ?? ''
  }

  id(number: number): string | undefined {
    return this.#ids[number]
  }

  /** Whether the last answer had the interface in several rows. The largest counters count. */
  isTwice(number: number): boolean {
    return this.#twins.isTwice(number)
  }

  has(number: number): boolean {
    return this.#menu.rows.has(number)
  }

  /** Returns the numbers of the last answer's interfaces by name. Callers keep the number, because names are reused. */
  byName(): ReadonlyMap<string, number> {
    const { rows } = this.#menu
    return new Map(
      this.#names.flatMap((name, number) =>
        rows.has(number) && this.#twins.firstOf(number) === number ? [[name, number]] : [],
      ),
    )
  }

  /** Services of the interfaces that were parsed in full in the last answer. */
  get newServices(): ReadonlySet<string> {
    return this.#newServices
  }

  /** Notes that an interface is a static server binding, so that its counters are reported without a session too. */
  noteBinding(name: string, number: number | undefined): void {
    this.#bindings.set(name, number)
  }

  bindings(): readonly BindingReading[] {
    return Array.from(this.#bindings).flatMap(([name, number]) => {
      const counters = number === undefined ? undefined : this.counters(number)
      return counters ? [{ name, counters }] : []
    })
  }
}

/** The PPP service of an interface: `pppoe` for the type `pppoe-in`. */
function serviceOf(row: Row): string {
  return (row.get('type') ?? '').replace(/-in$/, '')
}
