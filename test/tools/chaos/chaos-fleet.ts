import { setTimeout as sleep } from 'node:timers/promises'
import { serverIdentity } from '../../harness/fleet/certificate.ts'
import { createFleet, type Fleet } from '../../harness/fleet/fleet.ts'
import { pick, type Random, seededRandom } from '../../harness/fleet/random.ts'
import type { Happening } from '../../harness/fleet/site.ts'
import { accountsOf, storyOf } from './accounts.ts'
import { READERS } from './daemon-config.ts'
import type {
  FleetAccount,
  FleetSubscriber,
  Gap,
  ListedRouter,
  Since,
  Unread,
  UnsafeGap,
} from './fleet-messages.ts'
import type { ChurnKind } from './kinds.ts'
import { noLies, rarestFirst } from './liar.ts'
import { Place } from './place.ts'
import type { PlannedRouterFault } from './plan.ts'

/** Lies of all kinds together. */
const LIES_PER_SECOND = 1.5

/** A fleet with faults, which can be frozen, and which logs everything that happens. */
export class ChaosFleet {
  readonly #fleet: Fleet
  readonly #places: readonly Place[]
  /** Functions that end the trouble of routers that are not read. */
  readonly #excused = new Map<string, () => void>()
  /** Since when they should be read again. */
  readonly #returns = new Map<string, Since>()
  readonly #hasLies: boolean
  readonly #random: Random
  readonly #stopping = new AbortController()
  readonly #happened: Record<ChurnKind, number> = {
    login: 0,
    logout: 0,
    relogin: 0,
    'relogin on the same address': 0,
    'counter reset': 0,
  }
  readonly #lies = {
    ofSessions: noLies(),
    ofRouters: { 'another router': 0, 'server menu refused': 0, 'server menu without rows': 0 },
  }
  readonly #truthful = new AbortController()
  #churning: Promise<void> = Promise.resolve()
  #lying: Promise<void> = Promise.resolve()

  constructor({ seed, routers, hasLies }: { seed: number; routers: number; hasLies: boolean }) {
    this.#fleet = createFleet({
      ...{ seed, routers, hotspotSessions: 10, pppSessions: 10, tls: serverIdentity() },
      router: { users: READERS.map(name => ({ name, password: 'secret', policy: ['read', 'api'] })) },
    })
    this.#hasLies = hasLies
    this.#random = seededRandom(seed + 7)
    const random = seededRandom(seed + 13)
    this.#places = this.#fleet.sites.map(
      (site, number) => new Place({ site, number, seed, random, lies: this.#lies }),
    )
  }

  async start(): Promise<readonly ListedRouter[]> {
    await this.#fleet.start()
    return this.#fleet.routers.map(({ identity, host, port, hasTls }) => ({ identity, host, port, hasTls }))
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.stopLying()
    await this.#churning
    await Promise.all(this.#places.map(place => place.stop()))
  }

  /** Starts logins and logouts, except on frozen routers, and lies if wanted. */
  churn(perSecond: number): void {
    this.#churning = this.#churnUntil(this.#stopping.signal, 1000 / perSecond)
    if (this.#hasLies) this.#lying = this.#lieUntil(this.#truthful.signal, 1000 / LIES_PER_SECOND)
  }

  async #lieUntil(signal: AbortSignal, everyMs: number): Promise<void> {
    while (!signal.aborted) {
      const place = pick(this.#random, this.#places)
      if (place && !this.#excused.has(place.identity))
        rarestFirst(this.#lies.ofSessions, this.#random).some(kind => place.lie(kind))
      await pause(everyMs, signal)
    }
  }

  /** Ends all lies. */
  async stopLying(): Promise<void> {
    this.#truthful.abort()
    await this.#lying
    for (const place of this.#places) place.stopLying()
  }

  async #churnUntil(signal: AbortSignal, everyMs: number): Promise<void> {
    while (!signal.aborted) {
      const place = pick(this.#random, this.#places)
      if (place?.isChurning()) this.#noteHappening(place, place.site.step())
      await pause(everyMs, signal)
    }
  }

  #noteHappening(place: Place, happening: Happening | undefined): void {
    switch (happening?.kind) {
      case undefined:
        break
      case 'login':
        this.#happened.login++
        if (this.#hasLies) place.lieAboutLogin(happening.session)
        break
      case 'logout':
        this.#happened.logout++
        break
      case 'relogin':
        this.#happened[happening.isSameAddress ? 'relogin on the same address' : 'relogin']++
        break
      case 'reset':
        this.#happened['counter reset']++
        place.log.noteReset(happening.session)
        break
      default:
        happening satisfies never
    }
  }

  freeze(): void {
    for (const place of this.#places) place.mood = { kind: 'frozen' }
  }

  /** Each router churns again once it has been read after `afterMs`. */
  thaw(afterMs: number): void {
    for (const place of this.#places) place.mood = { kind: 'thawing', since: { afterMs } }
  }

  /**
   * A reboot ends sessions, so it waits until its router is no longer frozen. A router is only replaced while nobody
   * removes it from the config: a router that returns as another one has no sessions that continue.
   */
  async inject(fault: PlannedRouterFault): Promise<void> {
    const place = this.#places[fault.router]
    if (!place) return
    const { signal } = this.#stopping
    while (fault.kind === 'reboot' && !place.isChurning() && !signal.aborted) await pause(100, signal)
    while (fault.kind === 'another router' && !this.#isBack(place) && !signal.aborted)
      await pause(100, signal)
    const end = place.log.beginTrouble()
    await place.inject(fault)
    end()
  }

  /**
   * A router that no daemon should read now is not in a gap. It does not lie before it was read again, because counting
   * begins with a first reading.
   */
  async excuse(router: string, isExcused: boolean): Promise<void> {
    const place = this.#places.find(it => it.identity === router)
    const { signal } = this.#stopping
    while (isExcused && place?.isSwapped && !signal.aborted) await pause(100, signal)
    place?.stopLying()
    if (place && !isExcused) this.#returns.set(router, { afterMs: place.site.router.now() })
    this.#excused.get(router)?.()
    this.#excused.delete(router)
    if (place && isExcused) this.#excused.set(router, place.log.beginTrouble())
  }

  /** Whether it was read again since it came back into the config. */
  #isBack({ identity, log }: Place): boolean {
    const since = this.#returns.get(identity)
    return !this.#excused.has(identity) && (since === undefined || log.isRead(since))
  }

  /** Routers that were not read since then, split by whether they have a fault. */
  unread(since: Since): Unread {
    const unread = this.#places.filter(({ currentLog }) => !currentLog.isRead(since))
    const named = (isTroubled: boolean) =>
      unread.filter(({ log }) => log.isTroubled === isTroubled).map(({ identity }) => identity)
    return { healthy: named(false), troubled: named(true) }
  }

  /** The last reader of each router. */
  readers(): Readonly<Record<string, string>> {
    return Object.fromEntries(
      this.#places.flatMap(({ identity, currentLog, log }) => {
        const reader = currentLog.reader ?? log.reader
        return reader ? [[identity, reader]] : []
      }),
    )
  }

  account(gaps: readonly UnsafeGap[]): FleetAccount {
    const logs = this.#places.flatMap(place => place.logs)
    return {
      sessions: logs.reduce((sum, { router }) => sum + router.truth().length, 0),
      readings: logs.reduce((sum, { readings }) => sum + readings, 0),
      subscribers: this.#places.flatMap(place => accountsOf(place.logs, gaps)),
      longestGap: this.#places
        .flatMap(({ log }) => log.longestGap() ?? [])
        .reduce<Gap | undefined>((a, b) => (a && a.toMs - a.fromMs >= b.toMs - b.fromMs ? a : b), undefined),
      churn: this.#happened,
      readerChanges: this.#places.reduce((sum, { log }) => sum + log.readerChanges, 0),
      changesWithoutFaults: this.#places.flatMap(({ log }) => log.changesOfReader()),
      lies: { ...this.#lies.ofSessions, ...this.#lies.ofRouters },
    }
  }

  /** Everything known about some subscribers, to explain a difference. */
  explain(subscribers: readonly FleetSubscriber[], gaps: readonly UnsafeGap[]): unknown {
    return subscribers.flatMap(it => {
      const logs = this.#places.find(({ identity }) => identity === it.router)?.logs ?? []
      return logs.map(log => storyOf(log, it, gaps))
    })
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal })
  } catch {
    // Aborted: the loop checks its signal.
  }
}
