import type { MissingMenu, SessionReading, UnreadRow } from '../../accounting/reading.ts'
import { LONGEST_NAME } from '../../routeros/menus/bounded-text.ts'
import type { RowMemory } from '../../routeros/rows/row-memory.ts'
import type { RouterConnection } from '../../routeros/wire/connection.ts'
import type { Callers } from './callers.ts'
import type { PppInterfaces } from './ppp-interfaces.ts'
import { joinPpp, type PppJoinOptions } from './ppp-join.ts'
import type { Active, UnreadActive } from './ppp-row.ts'
import { PppServers, type ServerRow } from './ppp-servers.ts'

/** A session that finds no interface asks for the server menus again: at once for a few rounds, then now and then. */
const EAGER_ROUNDS = 3
const PATIENT_ROUNDS = 12
/** More than so many users are not asked for by name. */
const MOST_ASKED = 8
/** Of another name, nobody knows in which encoding the router has it. */
const ASCII = /^[\x20-\x7e]+$/
/** One that was shortened is none of the router's. */
const isWhole = (name: string) => name.length < LONGEST_NAME
/** So many guesses a reading are looked for among the rows that are only known by their bytes. */
const MOST_SOUGHT = 8
const NOWHERE = -1

/** Which interface a session is on. */
interface Joined {
  readonly interface: number
  readonly binding: string | undefined
  /** As they were joined. */
  readonly isGuess: boolean
  readonly isEarly: boolean
  readonly isInterchangeable: boolean
}

export interface PppJoinsOptions {
  readonly connection: RouterConnection
  readonly callers: Callers
  /** Of `/ppp/active`. */
  readonly rows: RowMemory
  readonly interfaces: PppInterfaces
}

/** The interfaces of the sessions of `/ppp/active`, by the numbers of their rows. */
export class PppJoins {
  readonly #options: PppJoinsOptions
  readonly #servers: PppServers
  readonly #joined: (Joined | undefined)[] = []
  /** Rounds since a session first found no interface. */
  #unjoinedRounds = new Map<number, number>()
  #isFirstRound = true

  constructor(options: PppJoinsOptions) {
    this.#options = options
    this.#servers = new PppServers(options.connection)
  }

  /** Server menus that the router refused. */
  get missingMenus(): readonly MissingMenu[] {
    return this.#servers.missing
  }

  /** Of rows that nobody was told of, nothing is known. */
  forget(): void {
    this.#joined.length = 0
    this.#unjoinedRounds.clear()
  }

  /** The number is another session's from now on. */
  begin(number: number): void {
    this.#joined[number] = undefined
    this.#unjoinedRounds.delete(number)
  }

  /** @returns the number of a session's interface; of none where it has none */
  interfaceOf(number: number): number {
    return this.#joined[number]?.interface ?? NOWHERE
  }

  /** Known rows, by whether their interface is known and has counters. */
  placesJoined(): { readonly places: Int32Array; readonly others: readonly number[] } {
    const { rows, interfaces } = this.#options
    const { numbers } = rows
    const places = new Int32Array(numbers.length)
    const others: number[] = []
    let count = 0
    for (let place = 0; place < numbers.length; place++) {
      const number = numbers[place] ?? 0
      const its = this.interfaceOf(number)
      if (this.#settle(number) || interfaces.isTwice(its)) others.push(place)
      else if (its >= 0 && interfaces.upload(its) >= 0 && interfaces.download(its) >= 0)
        places[count++] = place
      else others.push(place)
    }
    return { places: places.subarray(0, count), others }
  }

  /** A session that is there still was there when the server menus were asked. @returns whether that was open */
  #settle(number: number): boolean {
    const joined = this.#joined[number]
    if (!joined?.isEarly) return false
    this.#joined[number] = { ...joined, isEarly: false }
    return true
  }

  /**
   * Finds interfaces for those that have none.
   * @param askedMs when `/ppp/active` was asked, in steady milliseconds
   * @returns whether another session has lost the one that it was guessed to be on
   */
  async join(whole: readonly Active[], unread: readonly UnreadActive[], askedMs: number): Promise<boolean> {
    const { callers } = this.#options
    for (const { session } of whole)
      if (session.callerId !== undefined)
        callers.note(session.protocol, session.callerId, session.username, askedMs)
    const unjoined = whole.filter(({ number }) => !this.#joined[number])
    const wanted = this.#servicesToAsk(unjoined, askedMs)
    if (wanted.size === 0) return false
    const servers = await this.#servers.read(wanted, this.#usersToAsk(unjoined), askedMs)
    this.#isFirstRound = false
    const rows = unread.map(it => it.row)
    return this.#join(unjoined, servers, {
      unread: unread.filter(({ number }) => !this.#joined[number]).map(it => it.row),
      ...{ askedMs, mayGuess: this.#guessing(whole, rows, askedMs) },
    })
  }

  withCounters({ number, session }: Active): SessionReading {
    const { interfaces } = this.#options
    const joined = this.#joined[number]
    if (!joined) return session
    const { interface: its, binding, isInterchangeable } = joined
    const isGuess = joined.isGuess || joined.isEarly
    const interfaceId = interfaces.id(its)
    // The interface went away between the two answers, or for good: find it anew next time.
    if (!interfaces.has(its)) this.#joined[number] = undefined
    return {
      ...session,
      binding,
      counters: interfaces.counters(its),
      joined: {
        ...{ interface: interfaces.name(its), isGuess, isInterchangeable },
        ...(interfaceId === undefined ? {} : { interfaceId }),
        ...(interfaces.isTwice(its) ? { isTwice: true } : {}),
      },
      unreadable: interfaces.unreadable(its),
    }
  }

  countUnjoined(whole: readonly Active[]): void {
    const rounds = new Map<number, number>()
    for (const { number } of whole)
      if (!this.#joined[number]) rounds.set(number, (this.#unjoinedRounds.get(number) ?? 0) + 1)
    this.#unjoinedRounds = rounds
  }

  #servicesToAsk(unjoined: readonly Active[], nowMs: number): ReadonlySet<string> {
    // Once a connection, so that static bindings are known before a session is on them.
    const wanted = new Set(this.#servers.overdue(nowMs))
    if (this.#isFirstRound) for (const service of this.#options.interfaces.newServices) wanted.add(service)
    for (const { number, session } of unjoined) {
      const rounds = this.#unjoinedRounds.get(number) ?? 0
      if (rounds < EAGER_ROUNDS || rounds % PATIENT_ROUNDS === 0) wanted.add(session.protocol)
    }
    return wanted
  }

  /** Those of a few sessions that have just come; all where that would not do, or has not done. */
  #usersToAsk(unjoined: readonly Active[]): readonly string[] | undefined {
    const users = new Set(unjoined.map(({ session }) => session.username))
    const isSearched = unjoined.some(({ number }) => this.#unjoinedRounds.has(number))
    const canAsk =
      users.size > 0 &&
      users.size <= MOST_ASKED &&
      [...users].every(user => ASCII.test(user) && isWhole(user))
    return canAsk && !isSearched && !this.#isFirstRound ? [...users] : undefined
  }

  #join(
    unjoined: readonly Active[],
    servers: readonly ServerRow[],
    by: Pick<PppJoinOptions, 'unread' | 'askedMs' | 'mayGuess'>,
  ): boolean {
    const { interfaces } = this.#options
    const numberOf = interfaces.byName()
    for (const { isStatic, name } of servers) if (isStatic) interfaces.noteBinding(name, numberOf.get(name))
    const holders = this.#holders()
    const holderOf = ({ name }: ServerRow) => holders.get(numberOf.get(name) ?? NOWHERE)
    const running = servers.filter(({ isRunning, name }) => isRunning && numberOf.has(name))
    const numbers = new Map(unjoined.map(({ number, session }) => [session, number]))
    const joins = joinPpp({
      sessions: [...numbers.keys()],
      free: running.filter(row => holderOf(row) === undefined),
      guessed: running.filter(row => this.#joined[holderOf(row) ?? NOWHERE]?.isGuess),
      ...by,
    })
    let isLost = false
    for (const { session, row, ...how } of joins) {
      const [number, its] = [numbers.get(session), numberOf.get(row.name)]
      if (number === undefined || its === undefined) continue
      const holder = holderOf(row)
      if (holder !== undefined) this.#joined[holder] = undefined
      isLost ||= holder !== undefined
      const binding = row.isStatic ? row.name : undefined
      this.#joined[number] = { interface: its, binding, ...how }
    }
    return isLost
  }

  /** By interface, sessions that are there. Who took the place of one that has gone may be on its interface. */
  #holders(): ReadonlyMap<number, number> {
    const { rows } = this.#options
    const holders = new Map<number, number>()
    for (const [number, joined] of this.#joined.entries())
      if (joined && rows.has(number)) holders.set(joined.interface, number)
    return holders
  }

  /** Whether the account of a session's name can be meant by another name, nobody else being there who could. */
  #guessing(whole: readonly Active[], unread: readonly UnreadRow[], askedMs: number) {
    const { rows, callers } = this.#options
    const names = new Set([...whole.map(({ session }) => session.username), ...unread.map(it => it.username)])
    const times = new Map<string, number>()
    for (const { callerId = '' } of [...whole.map(it => it.session), ...unread])
      times.set(callerId, (times.get(callerId) ?? 0) + 1)
    let sought = 0
    const isKnown = (property: string, value: string, most: number) =>
      rows.find(property, value).length > most
    return ({ callerId, username, protocol }: SessionReading, { user }: ServerRow): boolean => {
      if (callerId === undefined || user === '' || names.has(user) || times.get(callerId) !== 1) return false
      if (!callers.isOnly(protocol, callerId, username, askedMs)) return false
      if (rows.numbers.length === 0) return true
      if (!ASCII.test(user) || ++sought > MOST_SOUGHT) return false
      return !isKnown('name', user, 0) && !isKnown('caller-id', callerId, 1)
    }
  }
}
