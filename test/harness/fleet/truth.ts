import { addToSum, type ByteSum, type Bytes, NO_BYTES, NO_SUM } from '../../../src/accounting/bytes.ts'
import type { Service } from '../../../src/accounting/reading.ts'
import { Carried } from './carried.ts'
import type { Telling } from './lie.ts'
import type { PppInterface } from './ppp-interface.ts'
import { type JoinedInterfaces, PppRound, type PppSeen } from './ppp-round.ts'
import type { Outcome } from './print.ts'
import type { Request } from './request.ts'
import { HotspotSession, PppSession, type SimulatedSession } from './session.ts'
import type { Shown, Sight } from './sight.ts'

/** What a router knows of one session, to the byte. Milliseconds are by the router's clock. */
export interface SessionTruth {
  readonly service: Service
  readonly protocol: string
  readonly username: string
  readonly address: string
  readonly macAddress: string | undefined
  readonly callerId: string | undefined
  /** Raw; only for PPP. */
  readonly interface: string | undefined
  readonly loginAtMs: number
  readonly logoutAtMs: number | undefined
  /** The bytes that whole readings carried: what a daemon must have, to the byte. */
  readonly carried: Bytes
  /** The part of `carried` from the last reading, and when its row was made. */
  readonly lastCarried: Bytes
  readonly lastCarriedAtMs: number | undefined
  readonly everCarried: boolean
  /** The bytes that the session moved until now or its logout, read or not. */
  readonly total: Bytes
}

/** Sums over the sessions of one subscriber. */
export interface SubscriberTruth {
  readonly service: Service
  readonly username: string
  readonly carried: ByteSum
  readonly total: ByteSum
}

/** A complete reading that somebody got, when its last whole reply was handed over. */
export interface CarriedReading {
  readonly service: Service
  readonly atMs: number
  /** The router's user who asked. */
  readonly reader: string
  /** The counters of each session in it, and what they added. */
  readonly shown: ReadonlyMap<SimulatedSession, ShownBytes>
  /** Sessions that it lied about; `shown` is true for them too. */
  readonly lies: ReadonlyMap<SimulatedSession, Telling>
}

export interface ShownBytes extends Shown {
  readonly added: Bytes
}

/** The bytes that the replies of one router have carried. */
export class Truth {
  readonly #now: () => number
  readonly #isSpare: boolean
  readonly #listeners = new Set<(reading: CarriedReading) => void>()
  readonly #carried = new Map<SimulatedSession, Carried>()
  /** Static bindings' counters in the last reading with them. */
  readonly #bindings = new Map<PppInterface, Shown>()

  /** When each service was first read. */
  readonly #foundMs = new Map<Service, number>()

  /** @param isSpare whether the router replaces another: counting begins with its first readings */
  constructor(now: () => number, isSpare: boolean) {
    this.#now = now
    this.#isSpare = isSpare
  }

  /** Whether a session on a router that replaces another was there before its first reading. */
  #isStranger({ service, loginAtMs }: SimulatedSession): boolean {
    return this.#isSpare && loginAtMs < (this.#foundMs.get(service) ?? Number.POSITIVE_INFINITY)
  }

  #noteFound(service: Service, atMs: number): void {
    if (!this.#foundMs.has(service)) this.#foundMs.set(service, atMs)
  }

  connection(): ConnectionTruth {
    return new ConnectionTruth(this, this.#now)
  }

  /** @returns a function that removes the listener */
  onReading(listener: (reading: CarriedReading) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  carriedHotspot(sights: readonly Sight[], reader: string): void {
    const shownBytes = new Map<SimulatedSession, ShownBytes>()
    const lies = new Map<SimulatedSession, Telling>()
    for (const sight of sights)
      if (sight.kind === 'lie') lies.set(sight.session, sight.lie)
      else if (sight.kind === 'hotspot') {
        const { session, shown } = sight
        const carried = this.#carriedOf(session)
        if (!carried.isStarted && this.#isStranger(session)) carried.startFrom(shown.counters)
        shownBytes.set(session, { ...shown, added: carried.take(shown) })
      }
    const atMs = this.#now()
    this.#noteFound('hotspot', atMs)
    this.#notify({ service: 'hotspot', atMs, reader, shown: shownBytes, lies })
  }

  /** A new session on a binding counts from its last known value, or from this one if none is known. */
  carriedPpp({ sessions, bindings, lies }: PppSeen, reader: string, atMs: number): void {
    const shownBytes = new Map<SimulatedSession, ShownBytes>()
    for (const [session, shown] of sessions) {
      const carried = this.#carriedOf(session)
      if (!carried.isStarted && this.#isStranger(session)) carried.startFrom(shown.counters)
      else if (!carried.isStarted && !session.interface.isDynamic)
        carried.startFrom((this.#bindings.get(session.interface) ?? shown).counters)
      shownBytes.set(session, { ...shown, added: carried.take(shown) })
    }
    for (const [binding, shown] of bindings)
      if (shown.atMs >= (this.#bindings.get(binding)?.atMs ?? -Infinity)) this.#bindings.set(binding, shown)
    this.#noteFound('ppp', atMs)
    this.#notify({ service: 'ppp', atMs, reader, shown: shownBytes, lies })
  }

  #notify(reading: CarriedReading): void {
    for (const listener of this.#listeners) listener(reading)
  }

  /** Every counter restarted at 0, and a reader notices the reboot. */
  rebooted(): void {
    const atMs = this.#now()
    for (const binding of this.#bindings.keys()) this.#bindings.set(binding, { counters: NO_BYTES, atMs })
  }

  #carriedOf(session: SimulatedSession): Carried {
    const known = this.#carried.get(session)
    if (known) return known
    const made = new Carried()
    this.#carried.set(session, made)
    return made
  }

  of(session: SimulatedSession): SessionTruth {
    const { login, service } = session
    const carried = this.#carried.get(session)
    return {
      service,
      protocol: login.protocol,
      username: login.name.text,
      address: login.address,
      macAddress: session instanceof HotspotSession ? session.login.macAddress : undefined,
      callerId: session instanceof PppSession ? session.login.callerId : undefined,
      interface: session instanceof PppSession ? session.interface.name : undefined,
      loginAtMs: session.loginAtMs,
      logoutAtMs: session.logoutAtMs,
      carried: carried?.bytes ?? NO_BYTES,
      lastCarried: carried?.added ?? NO_BYTES,
      lastCarriedAtMs: carried?.atMs,
      everCarried: carried?.atMs !== undefined,
      total: session.movedAt(this.#now()),
    }
  }
}

/** Follows the replies on one connection; a reading never spans two connections. */
export class ConnectionTruth {
  readonly #truth: Truth
  readonly #joins: JoinedInterfaces = { joined: new Set(), bindings: new Set() }
  readonly #now: () => number
  #round: PppRound
  #isOver = false
  #answeredMs = 0
  #reader = ''

  constructor(truth: Truth, now: () => number) {
    this.#truth = truth
    this.#now = now
    this.#round = new PppRound(this.#joins)
  }

  /**
   * @param reader the user who asks
   * @returns a function to call when the reply has been handed over, and never for a cut reply
   */
  ask(
    { menu, verb, attributes }: Request,
    reader: string,
  ): (outcome: Outcome, sights: readonly Sight[]) => void {
    if (verb !== 'print' || attributes.has('count-only')) return () => {}
    if (menu === '/ip/hotspot/active')
      return (outcome, sights) => {
        if (outcome === 'whole') this.#truth.carriedHotspot(sights, reader)
      }
    if (menu === '/ppp/active') {
      this.#settle(this.#round, true)
      this.#round = new PppRound(this.#joins)
    }
    this.#reader = reader
    const round = this.#round
    const isServer = /^\/interface\/\w+-server$/.test(menu)
    if (isServer) round.askServer(menu)
    return (outcome, sights) => {
      if (menu === '/ppp/active') round.answeredActive(outcome, sights)
      else if (menu === '/interface') round.answeredInterfaces(outcome, sights)
      else if (isServer) round.answeredServer(outcome, sights)
      else return
      if (outcome === 'whole') this.#answeredMs = this.#now()
      this.#settle(round, this.#isOver)
    }
  }

  /** Ends the connection. Whole replies under way still arrive, but nothing more is requested. */
  end(): void {
    this.#isOver = true
    this.#settle(this.#round, true)
  }

  #settle(round: PppRound, isLeft: boolean): void {
    const seen = round.seen(isLeft)
    if (seen) this.#truth.carriedPpp(seen, this.#reader, this.#answeredMs)
  }
}

/** @param rows of one router or several */
export function bySubscriber(rows: Iterable<SessionTruth>): Map<string, SubscriberTruth> {
  const sums = new Map<string, SubscriberTruth>()
  for (const { service, username, carried, total } of rows) {
    const key = subscriberKey(service, username)
    const sum = sums.get(key)
    sums.set(key, {
      service,
      username,
      carried: addToSum(sum?.carried ?? NO_SUM, carried),
      total: addToSum(sum?.total ?? NO_SUM, total),
    })
  }
  return sums
}

export function subscriberKey(service: Service, username: string): string {
  return `${service}/${username}`
}
