import type { Service } from '../../../src/accounting/reading.ts'
import type { LieKind } from '../../harness/fleet/lie.ts'
import type { Meter } from '../../harness/fleet/meter.ts'
import { PppSession, type SimulatedSession } from '../../harness/fleet/session.ts'
import type { SimulatedRouter } from '../../harness/fleet/simulated-router.ts'
import type { CarriedReading } from '../../harness/fleet/truth.ts'
import type { Gap, ReaderChange, Since, UnsafeGap } from './fleet-messages.ts'
import type { SessionHistory, SessionSight, Window } from './history.ts'

interface Visit {
  readonly atMs: number
  readonly reader: string
}

/** Everything that happened to one router and that the comparison needs. */
export class RouterLog {
  readonly router: SimulatedRouter
  readonly #visits = new Map<Service, Visit[]>()
  readonly #sights = new Map<SimulatedSession, SessionSight[]>()
  readonly #lies = new Map<SimulatedSession, { readonly atMs: number; readonly kind: LieKind }[]>()
  readonly #returnsMs: number[] = []
  readonly #resetMeters = new WeakSet<Meter>()
  readonly #resets = new Map<SimulatedSession, number[]>()
  /** Times with a fault, or in which it should not be read. */
  readonly #troubles: { fromMs: number; toMs: number }[] = []

  constructor(router: SimulatedRouter) {
    this.router = router
    router.onReading(reading => this.#note(reading))
  }

  #note({ service, atMs, reader, shown, lies }: CarriedReading): void {
    const visits = this.#visits.get(service) ?? []
    this.#visits.set(service, visits)
    visits.push({ atMs, reader })
    for (const [session, { kind }] of lies) {
      const lies = this.#lies.get(session) ?? []
      this.#lies.set(session, lies)
      lies.push({ atMs, kind })
    }
    for (const [session, { added, counters, atMs: shownMs }] of shown) {
      const sights = this.#sights.get(session) ?? []
      this.#sights.set(session, sights)
      sights.push({ atMs, shownMs, added, counters, isLie: lies.has(session) })
    }
  }

  /** Whether a reading lied about it. */
  wasLiedAbout(session: SimulatedSession): boolean {
    return this.router.options.isSpare || this.#lies.has(session)
  }

  /** The readings that lied about it, to explain a difference. */
  liesOf(session: SimulatedSession): readonly { readonly atMs: number; readonly kind: LieKind }[] {
    return this.#lies.get(session) ?? []
  }

  /** Whether the counters of a session or a binding were ever reset. */
  wasReset(meter: Meter): boolean {
    return this.#resetMeters.has(meter)
  }

  /** Called when the router is back after another one was in its place. */
  noteReturn(): void {
    this.#returnsMs.push(this.router.now())
  }

  #readSinceReturn({ service, loginAtMs }: SimulatedSession, firstMs = Infinity) {
    const returnMs = this.#returnsMs.findLast(at => at <= firstMs)
    if (returnMs === undefined) return undefined
    const visits = this.#visits.get(service) ?? []
    return visits.flatMap(({ atMs }) => (atMs > returnMs && atMs < loginAtMs ? [atMs] : []))
  }

  noteReset(session: SimulatedSession): void {
    this.#resetMeters.add(session.meter)
    const resets = this.#resets.get(session) ?? []
    this.#resets.set(session, resets)
    resets.push(this.router.now())
  }

  /** @returns a function to call when it is over */
  beginTrouble(): () => void {
    const trouble = { fromMs: this.router.now(), toMs: Infinity }
    this.#troubles.push(trouble)
    return () => {
      trouble.toMs = this.router.now()
    }
  }

  get isTroubled(): boolean {
    const now = this.router.now()
    return this.#troubles.some(({ toMs }) => toMs > now)
  }

  get readings(): number {
    return [...this.#visits.values()].reduce((sum, visits) => sum + visits.length, 0)
  }

  get reader(): string | undefined {
    return [...this.#visits.values()]
      .flatMap(visits => visits.at(-1) ?? [])
      .sort((a, b) => b.atMs - a.atMs)[0]?.reader
  }

  get readerChanges(): number {
    return [...this.#visits.values()].reduce(
      (sum, visits) =>
        sum + visits.filter(({ reader }, at) => at > 0 && visits[at - 1]?.reader !== reader).length,
      0,
    )
  }

  /** Whether every service that was ever read was read since; false before the first reading. */
  isRead(since: Since): boolean {
    return (
      this.#visits.size > 0 && [...this.#visits.keys()].every(it => this.#firstRead(it, since) !== undefined)
    )
  }

  /**
   * The window up to the first reading that counts: by anybody but `notBy`, and after the last reading that `notBy`
   * made while the router belonged to another. Without one it lasts until `notBy` has the router again, and reads it.
   */
  windowOf(service: Service, { fromMs, since, untilMs = Infinity }: Omit<UnsafeGap, 'router'>): Window {
    const visits = (this.#visits.get(service) ?? []).filter(({ atMs }) => atMs > since.afterMs)
    const others = visits.filter(({ atMs, reader }) => reader !== since.notBy && atMs < untilMs)
    const lastOther = others.at(-1)?.atMs
    const isStaleLater = visits.some(
      ({ atMs, reader }) => reader === since.notBy && atMs > (lastOther ?? 0) && atMs < untilMs,
    )
    // Nobody else has read it, or not again, before it was released again.
    if (lastOther === undefined || isStaleLater)
      return { fromMs, toMs: visits.find(it => it.atMs >= untilMs)?.atMs ?? Infinity }
    const lastStale = visits.findLast(({ atMs, reader }) => reader === since.notBy && atMs < lastOther)
    return { fromMs, toMs: others.find(({ atMs }) => atMs > (lastStale?.atMs ?? 0))?.atMs ?? lastOther }
  }

  #firstRead(service: Service, { afterMs, notBy }: Since): number | undefined {
    return this.#visits.get(service)?.find(({ atMs, reader }) => atMs > afterMs && reader !== notBy)?.atMs
  }

  historyOf(session: SimulatedSession): SessionHistory {
    const { lastCarriedAtMs } = this.router.truthOf(session)
    const moved = session.movedAt(this.router.now())
    const read = session.movedAt(lastCarriedAtMs ?? session.loginAtMs)
    return {
      loginAtMs: session.loginAtMs,
      logoutAtMs: session.logoutAtMs,
      resetsAtMs: this.#resets.get(session) ?? [],
      readings: this.#sights.get(session) ?? [],
      isSpare: this.router.options.isSpare,
      readSinceReturnMs: this.#readSinceReturn(session, this.#sights.get(session)?.[0]?.atMs),
      isRenamedSince: this.liesOf(session).some(
        ({ atMs, kind }) => kind === 'new interface name' && atMs > (lastCarriedAtMs ?? 0),
      ),
      isOnBinding: session instanceof PppSession && !session.interface.isDynamic,
      tail: { upload: moved.upload - read.upload, download: moved.download - read.download },
    }
  }

  /** The gaps between readings of two readers, without faults of the router in between. */
  changesOfReader(): readonly ReaderChange[] {
    return Array.from(this.#visits, ([service, visits]) =>
      visits.flatMap(({ atMs: toMs, reader: to }, index): ReaderChange[] => {
        const before = visits[index - 1]
        if (before === undefined || before.reader === to) return []
        const { atMs: fromMs, reader: from } = before
        if (this.#troubles.some(it => it.fromMs <= toMs && it.toMs >= fromMs)) return []
        return [{ router: this.router.identity, service, fromMs, toMs, from, to }]
      }),
    ).flat()
  }

  /** @returns the longest gap between two readings without faults in between */
  longestGap(): Gap | undefined {
    let longest: Gap | undefined
    for (const [service, visits] of this.#visits)
      for (const [index, { atMs: toMs }] of visits.entries()) {
        const fromMs = visits[index - 1]?.atMs
        if (fromMs === undefined || toMs - fromMs <= (longest ? longest.toMs - longest.fromMs : 0)) continue
        if (this.#troubles.some(it => it.fromMs <= toMs && it.toMs >= fromMs)) continue
        longest = { router: this.router.identity, service, fromMs, toMs }
      }
    return longest
  }
}
