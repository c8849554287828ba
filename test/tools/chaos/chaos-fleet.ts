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
import { leastTold, noLies } from './liar.ts'
import { Place } from './place.ts'
import type { PlannedRouterFault } from './plan.ts'

/** Of all kinds together. */
const LIES_PER_SECOND = 1.5

/** A fleet that is troubled, keeps still when it is told to, and keeps its own log of all of it. */
export class ChaosFleet {
  readonly #fleet: Fleet
  readonly #places: readonly Place[]
  /** Ends the trouble of routers that are not to be read. */
  readonly #excused = new Map<string, () => void>()
  /** Since when they are to be read again. */
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
    await this.tellTheTruth()
    await this.#churning
    await Promise.all(this.#places.map(place => place.stop()))
  }

  /** Subscribers come and go from now on, but on frozen routers. Where there are to be lies, they begin too. */
  churn(perSecond: number): void {
    this.#churning = this.#churnUntil(this.#stopping.signal, 1000 / perSecond)
    if (this.#hasLies) this.#lying = this.#lieUntil(this.#truthful.signal, 1000 / LIES_PER_SECOND)
  }

  async #lieUntil(signal: AbortSignal, everyMs: number): Promise<void> {
    while (!signal.aborted) {
      const place = pick(this.#random, this.#places)
      if (place && !this.#excused.has(place.identity))
        leastTold(this.#lies.ofSessions, this.#random).some(kind => place.tell(kind))
      await pause(everyMs, signal)
    }
  }

  /** No router lies any more. */
  async tellTheTruth(): Promise<void> {
    this.#truthful.abort()
    await this.#lying
    for (const place of this.#places) place.tellTheTruth()
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
        if (this.#hasLies) place.tellOfLogin(happening.session)
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
   * A reboot ends sessions, so it waits until its router is no longer frozen. Another router comes only where nobody
   * takes its place out of the config: what returns as another one has no sessions that go on.
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
   * A router that no daemon is to read right now is in no gap. It tells no lie before it was read again: what a first
   * reading shows is where counting begins.
   */
  async excuse(router: string, isExcused: boolean): Promise<void> {
    const place = this.#places.find(it => it.identity === router)
    const { signal } = this.#stopping
    while (isExcused && place?.isSwapped && !signal.aborted) await pause(100, signal)
    place?.tellTheTruth()
    if (place && !isExcused) this.#returns.set(router, { afterMs: place.site.router.now() })
    this.#excused.get(router)?.()
    this.#excused.delete(router)
    if (place && isExcused) this.#excused.set(router, place.log.beginTrouble())
  }

  /** Whether it was read again since it was out of the config. */
  #isBack({ identity, log }: Place): boolean {
    const since = this.#returns.get(identity)
    return !this.#excused.has(identity) && (since === undefined || log.isRead(since))
  }

  /** Routers that were not read since, split by whether anything is wrong with them. */
  unread(since: Since): Unread {
    const unread = this.#places.filter(({ currentLog }) => !currentLog.isRead(since))
    const named = (isTroubled: boolean) =>
      unread.filter(({ log }) => log.isTroubled === isTroubled).map(({ identity }) => identity)
    return { healthy: named(false), troubled: named(true) }
  }

  /** Who read each router the last time. */
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
      lies: { ...this.#lies.ofSessions, ...this.#lies.ofRouters },
    }
  }

  /** All that is known of some subscribers, for somebody who looks for a difference. */
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
    // Aborted: the loop looks at its signal.
  }
}
