import type { Telling } from './lie.ts'
import type { PppInterface } from './ppp-interface.ts'
import type { Outcome } from './print.ts'
import type { PppSession, SimulatedSession } from './session.ts'
import type { Shown, Sight } from './sight.ts'

/** The basis of joins on one connection: the server rows that its whole replies have listed. */
export interface JoinedInterfaces {
  /** Sessions whose server row was listed. */
  readonly joined: Set<PppSession>
  /** Listed bindings. */
  readonly bindings: Set<PppInterface>
}

export interface PppSeen {
  readonly sessions: ReadonlyMap<PppSession, Shown>
  readonly bindings: ReadonlyMap<PppInterface, Shown>
  /** Sessions that were lied about. */
  readonly lies: ReadonlyMap<SimulatedSession, Telling>
}

/**
 * One reading of PPP on one connection, which takes several replies:
 *
 *     /ppp/active           begins it: who is there
 *     /interface            the counters, requested after it
 *     server menus          only if the interface of somebody is not known yet
 *
 * The reading is complete once the first two are whole, whatever happens to the server menus. It has the sessions of
 * the first whose interface is in the second, and whose server row was in a whole reply of this connection since it
 * exists. If a session with an interface was never in a server menu, the reading waits for the client to ask for it,
 * until the client begins the next reading or is gone.
 */
export class PppRound {
  readonly #joins: JoinedInterfaces
  #active: ReadonlySet<PppSession> | undefined
  #counters: ReadonlyMap<PppInterface, Shown> | undefined
  readonly #lies = new Map<SimulatedSession, Telling>()
  readonly #serversAsked = new Set<string>()
  #serversAwaited = 0
  #rowsSeen = -1

  constructor(joins: JoinedInterfaces) {
    this.#joins = joins
  }

  answeredActive(outcome: Outcome, sights: readonly Sight[]): void {
    if (outcome !== 'whole') return
    const active = new Set(sights.flatMap(sight => (sight.kind === 'ppp' ? [sight.session] : [])))
    this.#active = active
    this.#noteLies(sights)
    this.#forget(session => !active.has(session))
  }

  answeredInterfaces(outcome: Outcome, sights: readonly Sight[]): void {
    if (outcome !== 'whole') return
    const counters = new Map(
      sights.flatMap(sight => (sight.kind === 'interface' ? [[sight.interface, sight.shown]] : [])),
    )
    this.#counters = counters
    this.#noteLies(sights)
    this.#forget(session => !counters.has(session.interface))
  }

  /** Forgets joins of sessions whose row is gone, in the menu or for the client. */
  #forget(hasLeft: (session: PppSession) => boolean): void {
    for (const session of this.#joins.joined) {
      const lie = this.#lies.get(session)
      if (lie ? !lie.isRowKept : hasLeft(session)) this.#joins.joined.delete(session)
    }
  }

  #noteLies(sights: readonly Sight[]): void {
    for (const sight of sights) if (sight.kind === 'lie') this.#lies.set(sight.session, sight.lie)
  }

  /** @param menu `/interface/pppoe-server` */
  askServer(menu: string): void {
    this.#serversAsked.add(menu)
    this.#serversAwaited++
  }

  answeredServer(outcome: Outcome, sights: readonly Sight[]): void {
    this.#serversAwaited--
    if (outcome !== 'whole') return
    for (const sight of sights) {
      if (sight.kind !== 'server') continue
      const lie = sight.session && this.#lies.get(sight.session)
      // The lie is about the current row, and the next reading has another one; a new name stays.
      const isPassing = lie?.isRowKept === false && lie.kind !== 'new interface name'
      if (sight.session && !isPassing) this.#joins.joined.add(sight.session)
      if (!sight.interface.isDynamic) this.#joins.bindings.add(sight.interface)
    }
  }

  /**
   * @param isLeft whether the client has begun the next reading or is gone
   * @returns `undefined` if it is not a reading, not complete yet, or has nothing new
   */
  seen(isLeft: boolean): PppSeen | undefined {
    const active = this.#active
    const counters = this.#counters
    if (!active || !counters) return undefined
    if (this.#serversAwaited > 0 && !isLeft) return undefined
    const sessions = new Map<PppSession, Shown>()
    for (const session of active) {
      const shown = counters.get(session.interface)
      if (shown === undefined) continue
      if (this.#joins.joined.has(session)) sessions.set(session, shown)
      else if (!isLeft && !this.#serversAsked.has(serverMenu(session))) return undefined
    }
    const bindings = new Map<PppInterface, Shown>()
    for (const binding of this.#joins.bindings) {
      const shown = counters.get(binding)
      if (shown !== undefined) bindings.set(binding, shown)
    }
    const rows = sessions.size + bindings.size
    if (rows <= this.#rowsSeen) return undefined
    this.#rowsSeen = rows
    return { sessions, bindings, lies: this.#lies }
  }
}

function serverMenu(session: PppSession): string {
  return `/interface/${session.login.protocol}-server`
}
