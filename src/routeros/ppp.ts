import type { KnownRows, SessionReading } from '../accounting/reading.ts'
import type { Asked, PrintedMenu, RouterConnection } from './connection.ts'
import { beganAt, proplist, requiredUptimeOf, textOf } from './fields.ts'
import { PppInterfaces } from './ppp-interfaces.ts'
import { joinPpp } from './ppp-join.ts'
import { PppServers, type ServerRow } from './ppp-servers.ts'
import { SameWords } from './same-words.ts'
import type { Row } from './sentence.ts'
import type { SessionMenu, SessionRows } from './session-rows.ts'

const MOVING = ['uptime'] as const
const PROPERTIES = proplist('.id', 'name', 'service', 'caller-id', 'address', ...MOVING, 'session-id')

/** A session that finds no interface asks for the server menus again: at once for a few rounds, then now and then. */
const EAGER_ROUNDS = 3
const PATIENT_ROUNDS = 12
/** More than so many users are not asked for by name. */
const MOST_ASKED = 8
/** Of another name, nobody knows in which encoding the router has it. */
const ASCII = /^[\x20-\x7e]+$/

/** Which interface a session is on. */
interface Joined {
  readonly interface: number
  readonly binding: string | undefined
}

interface Active {
  readonly number: number
  readonly session: SessionReading
}

/**
 * `/ppp/active`, which has no bytes, joined over the server menus to `/interface`, which has them. A session keeps
 * its interface, so the server menus are asked only when one appears that has none yet; in the steady state a
 * reading is two requests in one write.
 */
export class PppMenu implements SessionMenu {
  readonly #connection: RouterConnection
  readonly #menu: PrintedMenu
  readonly #interfaces: PppInterfaces
  readonly #servers: PppServers
  readonly #words = new SameWords()
  /** By the sessions' numbers. */
  readonly #joined: (Joined | undefined)[] = []
  /** Rounds since a session first found no interface, by its number. */
  #unjoinedRounds = new Map<number, number>()
  #isFirstRound = true

  constructor(connection: RouterConnection) {
    this.#connection = connection
    this.#menu = connection.menu('/ppp/active/print', MOVING, PROPERTIES)
    this.#interfaces = new PppInterfaces(connection)
    this.#servers = new PppServers(connection)
  }

  async read(): Promise<SessionRows> {
    try {
      return await this.#read()
    } catch (error) {
      this.#menu.rows.forget()
      this.#interfaces.forget()
      this.#joined.length = 0
      this.#unjoinedRounds.clear()
      throw error
    }
  }

  find(id: string): number | undefined {
    return this.#menu.rows.find(`=.id=${id}`)
  }

  async #read(): Promise<SessionRows> {
    const { rows } = this.#menu
    const [asked] = await Promise.all([this.#connection.print(this.#menu), this.#interfaces.read()])
    const wholes = rows.takeWholes()
    for (const { number, isNew } of wholes)
      if (isNew) {
        this.#joined[number] = undefined
        this.#unjoinedRounds.delete(number)
      }
    const whole = wholes.map(({ number, row }) => ({
      number,
      session: sessionOf(asked, row, this.#words),
    }))
    const joined = this.#placesJoined()
    // Known by its bytes, but not on an interface that is: to be told whole as well.
    for (const place of joined.others)
      whole.push({
        number: rows.numbers[place] ?? 0,
        session: sessionOf(asked, rows.rowAt(place), this.#words),
      })
    const wanted = this.#servicesToAsk(whole)
    if (wanted.size > 0)
      this.#join(whole, await this.#servers.read(wanted, this.#usersToAsk(whole)), asked.askedMs)
    this.#isFirstRound = false
    const told = whole.map(active => this.#withCounters(active))
    this.#countUnjoined(whole)
    return {
      ...asked,
      rows: told,
      numbers: whole.map(({ number }) => number),
      by: rows.by,
      known: this.#known(joined.places, asked),
      bindings: this.#interfaces.bindings(),
    }
  }

  /** Known rows, by whether their interface is known and has counters. */
  #placesJoined(): { readonly places: Int32Array; readonly others: readonly number[] } {
    const { numbers } = this.#menu.rows
    const places = new Int32Array(numbers.length)
    const others: number[] = []
    let count = 0
    for (let place = 0; place < numbers.length; place++) {
      const joined = this.#joined[numbers[place] ?? 0]
      if (
        joined &&
        this.#interfaces.upload(joined.interface) >= 0 &&
        this.#interfaces.download(joined.interface) >= 0
      )
        places[count++] = place
      else others.push(place)
    }
    return { places: places.subarray(0, count), others }
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
      const its = this.#joined[number]?.interface ?? -1
      numbers[index] = number
      uptimeSeconds[index] = uptimes[place] ?? Number.NaN
      upload[index] = this.#interfaces.upload(its)
      download[index] = this.#interfaces.download(its)
    }
    const row = (index: number): SessionReading => {
      const session = sessionOf(asked, rows.rowAt(places[index] ?? 0), this.#words)
      return this.#withCounters({ number: numbers[index] ?? 0, session })
    }
    return { numbers, uptimeSeconds, upload, download, row }
  }

  #servicesToAsk(sessions: readonly Active[]): ReadonlySet<string> {
    // Once a connection, so that static bindings are known before a session is on them.
    const wanted = new Set<string>(this.#isFirstRound ? this.#interfaces.newServices : [])
    for (const { number, session } of sessions) {
      if (this.#joined[number]) continue
      const rounds = this.#unjoinedRounds.get(number) ?? 0
      if (rounds < EAGER_ROUNDS || rounds % PATIENT_ROUNDS === 0) wanted.add(session.protocol)
    }
    return wanted
  }

  /** Those of a few sessions that have just come; all where that would not do, or has not done. */
  #usersToAsk(sessions: readonly Active[]): readonly string[] | undefined {
    const unjoined = sessions.filter(({ number }) => !this.#joined[number])
    const users = new Set(unjoined.map(({ session }) => session.username))
    const isSearched = unjoined.some(({ number }) => this.#unjoinedRounds.has(number))
    const canAsk = users.size > 0 && users.size <= MOST_ASKED && [...users].every(user => ASCII.test(user))
    return canAsk && !isSearched && !this.#isFirstRound ? [...users] : undefined
  }

  #join(sessions: readonly Active[], servers: readonly ServerRow[], askedMs: number): void {
    const numberOf = this.#interfaces.byName()
    for (const { isStatic, name } of servers)
      if (isStatic) this.#interfaces.noteBinding(name, numberOf.get(name))
    const taken = this.#taken()
    const free = servers.filter(row => {
      const number = numberOf.get(row.name)
      return row.isRunning && number !== undefined && !taken.has(number)
    })
    const unjoined = sessions.filter(({ number }) => !this.#joined[number])
    const rows = joinPpp(
      unjoined.map(({ session }) => session),
      free,
      askedMs,
    )
    for (const { number, session } of unjoined) {
      const server = rows.get(session)
      const its = server && numberOf.get(server.name)
      if (its !== undefined)
        this.#joined[number] = { interface: its, binding: server?.isStatic ? server.name : undefined }
    }
  }

  /** Interfaces of sessions that are there. Who took the place of a session that has gone may be on its interface. */
  #taken(): ReadonlySet<number> {
    const { rows } = this.#menu
    return new Set(
      this.#joined.flatMap((joined, number) => (joined && rows.has(number) ? [joined.interface] : [])),
    )
  }

  #withCounters({ number, session }: Active): SessionReading {
    const joined = this.#joined[number]
    if (!joined) return session
    // The interface went away between the two answers, or for good: find it anew next time.
    if (!this.#interfaces.has(joined.interface)) this.#joined[number] = undefined
    return { ...session, binding: joined.binding, counters: this.#interfaces.counters(joined.interface) }
  }

  #countUnjoined(sessions: readonly Active[]): void {
    const rounds = new Map<number, number>()
    for (const { number } of sessions)
      if (!this.#joined[number]) rounds.set(number, (this.#unjoinedRounds.get(number) ?? 0) + 1)
    this.#unjoinedRounds = rounds
  }
}

function sessionOf(asked: Asked, row: Row, words: SameWords): SessionReading {
  const uptimeSeconds = requiredUptimeOf(row, '/ppp/active')
  return {
    protocol: words.of(row.get('service') ?? 'ppp'),
    username: row.get('name') ?? '',
    server: undefined,
    macAddress: macOf(row.get('caller-id')),
    ipAddress: textOf(row, 'address'),
    routerSessionId: textOf(row, 'session-id'),
    callerId: textOf(row, 'caller-id'),
    uptimeSeconds,
    login: beganAt(asked, uptimeSeconds),
    counters: undefined,
    binding: undefined,
  }
}

/** PPPoE's caller is a MAC, that of the others an address. */
function macOf(caller: string | undefined): string | undefined {
  return caller !== undefined && /^([\dA-F]{2}:){5}[\dA-F]{2}$/i.test(caller) ? caller : undefined
}
