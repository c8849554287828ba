import type { Telling } from './lie.ts'
import type { PppInterface } from './ppp-interface.ts'
import type { Outcome } from './print.ts'
import type { PppSession, SimulatedSession } from './session.ts'
import type { Shown, Sight } from './sight.ts'

/** What the joins on one connection rest on: which server rows its whole replies have listed. */
export interface PppJoins {
  /** Sessions whose own server row was listed. */
  readonly joined: Set<PppSession>
  /** Bindings that were listed as such. */
  readonly bindings: Set<PppInterface>
}

export interface PppSeen {
  readonly sessions: ReadonlyMap<PppSession, Shown>
  readonly bindings: ReadonlyMap<PppInterface, Shown>
  /** Sessions of which something else was told. */
  readonly lies: ReadonlyMap<SimulatedSession, Telling>
}

/**
 * One reading of PPP on one connection, which takes several replies:
 *
 *     /ppp/active           begins it: who is there
 *     /interface            the counters, asked after it
 *     server menus          only where somebody is there whose interface is not known yet
 *
 * It is a reading once the first two are whole, whatever became of the server menus; a session is in it when it was in
 * the first, its interface in the second, and its server row in any whole reply of this connection since it is there.
 * Where a session that has an interface was never in a server menu, the reading waits for the client to ask for it; a
 * client that goes on to the next reading, or that is gone, has let it be.
 */
export class PppRound {
  readonly #joins: PppJoins
  #active: ReadonlySet<PppSession> | undefined
  #counters: ReadonlyMap<PppInterface, Shown> | undefined
  readonly #lies = new Map<SimulatedSession, Telling>()
  readonly #serversAsked = new Set<string>()
  #serversAwaited = 0
  #rowsSeen = -1

  constructor(joins: PppJoins) {
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

  /** The interface of a session whose row went away, there or here, has to be found anew. */
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
      // On the row that is there now, which is another one in the next reading; a new name stays.
      const isPassing = lie?.isRowKept === false && lie.kind !== 'new interface name'
      if (sight.session && !isPassing) this.#joins.joined.add(sight.session)
      if (!sight.interface.isDynamic) this.#joins.bindings.add(sight.interface)
    }
  }

  /**
   * @param isLeft whether the client has gone on to the next reading, or is gone
   * @returns `undefined` where it is no reading, not yet, or has no more than when it was seen before
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
