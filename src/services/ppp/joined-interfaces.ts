import type { MissingMenu, SessionReading, UnreadRow } from '../../accounting/reading.ts'
import { LONGEST_NAME } from '../../routeros/menus/bounded-text.ts'
import type { RowMemory } from '../../routeros/rows/row-memory.ts'
import type { RouterConnection } from '../../routeros/wire/connection.ts'
import type { Callers } from './callers.ts'
import type { PppInterfaces } from './ppp-interfaces.ts'
import { joinPpp, type PppJoin, type PppJoinOptions } from './ppp-join.ts'
import type { ActiveSession, UnreadActive } from './ppp-row.ts'
import { PppServers, type ServerRow } from './ppp-servers.ts'

/** For a session without an interface the server menus are asked again: in the first few rounds, then now and then. */
const EAGER_ROUNDS = 3
const PATIENT_ROUNDS = 12
/** Limit of users that are asked for by name. */
const MOST_ASKED = 8
/** The encoding of any other name on the router is unknown. */
const ASCII = /^[\x20-\x7e]+$/
/** A name of this length may have been shortened, so the router may not know it. */
const isUnshortened = (name: string) => name.length < LONGEST_NAME
/** Limit of guesses in one reading that are checked against rows that were not parsed. */
const MOST_SOUGHT = 8
const NOWHERE = -1

/** The interface of a session. */
interface Join extends Pick<PppJoin, 'isGuess' | 'isEarly' | 'isInterchangeable'> {
  readonly interface: number
  readonly binding: string | undefined
}

export interface JoinedInterfacesOptions {
  readonly connection: RouterConnection
  readonly callers: Callers
  /** The rows of `/ppp/active`. */
  readonly rows: RowMemory
  readonly interfaces: PppInterfaces
}

/** Keeps the interface of each session of `/ppp/active`, by the number of its row. */
export class JoinedInterfaces {
  readonly #options: JoinedInterfacesOptions
  readonly #servers: PppServers
  readonly #joined: (Join | undefined)[] = []
  /** Rounds since a session first found no interface. */
  #unjoinedRounds = new Map<number, number>()
  #isFirstRound = true

  constructor(options: JoinedInterfacesOptions) {
    this.#options = options
    this.#servers = new PppServers(options.connection)
  }

  /** Server menus that the router refused. */
  get missingMenus(): readonly MissingMenu[] {
    return this.#servers.missing
  }

  /** Forgets all sessions, because rows that were never delivered to the caller must not count as known. */
  forget(): void {
    this.#joined.length = 0
    this.#unjoinedRounds.clear()
  }

  /** Notes that a number belongs to a new session. */
  begin(number: number): void {
    this.#joined[number] = undefined
    this.#unjoinedRounds.delete(number)
  }

  /** @returns the number of a session's interface; a number of none if it has none */
  interfaceOf(number: number): number {
    return this.#joined[number]?.interface ?? NOWHERE
  }

  /** Separates the rows that were recognised by whether their interface is known and has counters. */
  placesJoined(): { readonly places: Int32Array; readonly others: readonly number[] } {
    const { rows, interfaces } = this.#options
    const { numbers } = rows
    const places = new Int32Array(numbers.length)
    const others: number[] = []
    let count = 0
    for (let place = 0; place < numbers.length; place++) {
      const number = numbers[place] ?? 0
      const on = this.interfaceOf(number)
      if (this.#settle(number) || interfaces.isTwice(on)) others.push(place)
      else if (on >= 0 && interfaces.upload(on) >= 0 && interfaces.download(on) >= 0) places[count++] = place
      else others.push(place)
    }
    return { places: places.subarray(0, count), others }
  }

  /**
   * Notes that a session is still there, so it was there when the server menus were asked.
   * @returns whether that was open
   */
  #settle(number: number): boolean {
    const joined = this.#joined[number]
    if (!joined?.isEarly) return false
    this.#joined[number] = { ...joined, isEarly: false }
    return true
  }

  /**
   * Finds interfaces for sessions that have none.
   * @param askedMs when `/ppp/active` was asked, in steady milliseconds
   * @returns whether another session lost an interface that was only a guess
   */
  async join(
    parsed: readonly ActiveSession[],
    unread: readonly UnreadActive[],
    askedMs: number,
  ): Promise<boolean> {
    const { callers } = this.#options
    for (const { session } of parsed)
      if (session.callerId !== undefined)
        callers.note(session.protocol, session.callerId, session.username, askedMs)
    const unjoined = parsed.filter(({ number }) => !this.#joined[number])
    const wanted = this.#servicesToAsk(unjoined, askedMs)
    if (wanted.size === 0) return false
    const servers = await this.#servers.read(wanted, this.#usersToAsk(unjoined), askedMs)
    this.#isFirstRound = false
    const rows = unread.map(it => it.row)
    return this.#join(unjoined, servers, {
      unread: unread.filter(({ number }) => !this.#joined[number]).map(it => it.row),
      ...{ askedMs, mayGuess: this.#guessing(parsed, rows, askedMs) },
    })
  }

  /** Adds the counters of its interface to a session. */
  withCounters({ number, session }: ActiveSession): SessionReading {
    const { interfaces } = this.#options
    const joined = this.#joined[number]
    if (!joined) return session
    const { interface: on, binding, isInterchangeable } = joined
    const isGuess = joined.isGuess || joined.isEarly
    const interfaceId = interfaces.id(on)
    // The interface disappeared between the two answers, or for good. The next round looks for it again.
    if (!interfaces.has(on)) this.#joined[number] = undefined
    return {
      ...session,
      binding,
      counters: interfaces.counters(on),
      joined: {
        ...{ interface: interfaces.name(on), isGuess, isInterchangeable },
        ...(interfaceId === undefined ? {} : { interfaceId }),
        ...(interfaces.isTwice(on) ? { isTwice: true } : {}),
      },
      unreadable: interfaces.unreadable(on),
    }
  }

  /** Counts another round for each session that has no interface. */
  countUnjoined(parsed: readonly ActiveSession[]): void {
    const rounds = new Map<number, number>()
    for (const { number } of parsed)
      if (!this.#joined[number]) rounds.set(number, (this.#unjoinedRounds.get(number) ?? 0) + 1)
    this.#unjoinedRounds = rounds
  }

  #servicesToAsk(unjoined: readonly ActiveSession[], nowMs: number): ReadonlySet<string> {
    // All are asked once per connection, so that static bindings are known before a session is on them.
    const wanted = new Set(this.#servers.overdue(nowMs))
    if (this.#isFirstRound) for (const service of this.#options.interfaces.newServices) wanted.add(service)
    for (const { number, session } of unjoined) {
      const rounds = this.#unjoinedRounds.get(number) ?? 0
      if (rounds < EAGER_ROUNDS || rounds % PATIENT_ROUNDS === 0) wanted.add(session.protocol)
    }
    return wanted
  }

  /** Returns the users of a few new sessions; `undefined`, for all users, if that cannot work or did not. */
  #usersToAsk(unjoined: readonly ActiveSession[]): readonly string[] | undefined {
    const users = new Set(unjoined.map(({ session }) => session.username))
    const isSearched = unjoined.some(({ number }) => this.#unjoinedRounds.has(number))
    const canAsk =
      users.size > 0 &&
      users.size <= MOST_ASKED &&
      [...users].every(user => ASCII.test(user) && isUnshortened(user))
    return canAsk && !isSearched && !this.#isFirstRound ? [...users] : undefined
  }

  #join(
    unjoined: readonly ActiveSession[],
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
      const [number, on] = [numbers.get(session), numberOf.get(row.name)]
      if (number === undefined || on === undefined) continue
      const holder = holderOf(row)
      if (holder !== undefined) this.#joined[holder] = undefined
      isLost ||= holder !== undefined
      const binding = row.isStatic ? row.name : undefined
      this.#joined[number] = { interface: on, binding, ...how }
    }
    return isLost
  }

  /** Returns the present sessions by interface. A new session may be on the interface of one that has ended. */
  #holders(): ReadonlyMap<number, number> {
    const { rows } = this.#options
    const holders = new Map<number, number>()
    for (const [number, joined] of this.#joined.entries())
      if (joined && rows.has(number)) holders.set(joined.interface, number)
    return holders
  }

  /** Returns a check whether a row with another name can be the session's, because no other session can be on it. */
  #guessing(parsed: readonly ActiveSession[], unread: readonly UnreadRow[], askedMs: number) {
    const { rows, callers } = this.#options
    const names = new Set([
      ...parsed.map(({ session }) => session.username),
      ...unread.map(it => it.username),
    ])
    const times = new Map<string, number>()
    for (const { callerId = '' } of [...parsed.map(it => it.session), ...unread])
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
