import { setTimeout as sleep } from 'node:timers/promises'
import { serverIdentity } from '../fleet/certificate.ts'
import { createFleet, type Fleet } from '../fleet/fleet.ts'
import { pick, type Random, seededRandom } from '../fleet/random.ts'
import type { Happening, Site } from '../fleet/site.ts'
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
import { inject } from './inject.ts'
import type { ChurnKind } from './kinds.ts'
import type { PlannedRouterFault } from './plan.ts'
import { RouterLog } from './router-log.ts'

/**
 * Whether sessions of a router begin, end or are reset:
 *
 *     churning ── freeze ──▶ frozen ── thaw ──▶ thawing: until every service was read once more
 */
type Mood = { readonly kind: 'churning' | 'frozen' } | { readonly kind: 'thawing'; readonly since: Since }

interface Place {
  readonly site: Site
  readonly log: RouterLog
  mood: Mood
  /** Ends the trouble of a router that is not to be read. */
  excused: (() => void) | undefined
}

/** A fleet that is troubled, keeps still when it is told to, and keeps its own log of all of it. */
export class ChaosFleet {
  readonly #fleet: Fleet
  readonly #places: readonly Place[]
  readonly #random: Random
  readonly #stopping = new AbortController()
  readonly #happened: Record<ChurnKind, number> = {
    login: 0,
    logout: 0,
    relogin: 0,
    'relogin on the same address': 0,
    'counter reset': 0,
  }
  #churning: Promise<void> = Promise.resolve()

  constructor({ seed, routers }: { seed: number; routers: number }) {
    this.#fleet = createFleet({
      ...{ seed, routers, hotspotSessions: 10, pppSessions: 10, tls: serverIdentity() },
      router: { users: READERS.map(name => ({ name, password: 'secret', policy: ['read', 'api'] })) },
    })
    this.#random = seededRandom(seed + 7)
    this.#places = this.#fleet.sites.map(site => ({
      ...{ site, log: new RouterLog(site.router), mood: { kind: 'churning' }, excused: undefined },
    }))
  }

  async start(): Promise<readonly ListedRouter[]> {
    await this.#fleet.start()
    return this.#fleet.routers.map(({ identity, host, port, hasTls }) => ({ identity, host, port, hasTls }))
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#churning
    await this.#fleet.stop()
  }

  /** Subscribers come and go from now on, but on frozen routers. */
  churn(perSecond: number): void {
    this.#churning = this.#churnUntil(this.#stopping.signal, 1000 / perSecond)
  }

  async #churnUntil(signal: AbortSignal, everyMs: number): Promise<void> {
    while (!signal.aborted) {
      const place = pick(this.#random, this.#places)
      if (place && this.#isChurning(place)) this.#noteHappening(place, place.site.step())
      await pause(everyMs, signal)
    }
  }

  #noteHappening({ log }: Place, happening: Happening | undefined): void {
    switch (happening?.kind) {
      case undefined:
        break
      case 'login':
      case 'logout':
        this.#happened[happening.kind]++
        break
      case 'relogin':
        this.#happened[happening.isSameAddress ? 'relogin on the same address' : 'relogin']++
        break
      case 'reset':
        this.#happened['counter reset']++
        log.noteReset(happening.session)
        break
      default:
        happening satisfies never
    }
  }

  #isChurning(place: Place): boolean {
    if (place.mood.kind === 'thawing' && place.log.isRead(place.mood.since)) place.mood = { kind: 'churning' }
    return place.mood.kind === 'churning'
  }

  freeze(): void {
    for (const place of this.#places) place.mood = { kind: 'frozen' }
  }

  /** Each router churns again once it has been read after `afterMs`. */
  thaw(afterMs: number): void {
    for (const place of this.#places) place.mood = { kind: 'thawing', since: { afterMs } }
  }

  /** A reboot ends sessions, so it waits until its router is no longer frozen. */
  async inject(fault: PlannedRouterFault): Promise<void> {
    const place = this.#places[fault.router]
    if (!place) return
    const { signal } = this.#stopping
    while (fault.kind === 'reboot' && !this.#isChurning(place) && !signal.aborted) await pause(100, signal)
    const end = place.log.beginTrouble()
    await inject(place.site.router, fault)
    end()
  }

  /** A router that no daemon is to read right now is in no gap. */
  excuse(router: string, isExcused: boolean): void {
    const place = this.#places.find(({ site }) => site.router.identity === router)
    if (!place) return
    place.excused?.()
    place.excused = isExcused ? place.log.beginTrouble() : undefined
  }

  /** Routers that were not read since, split by whether anything is wrong with them. */
  unread(since: Since): Unread {
    const unread = this.#places.filter(({ log }) => !log.isRead(since))
    const named = (isTroubled: boolean) =>
      unread.filter(({ log }) => log.isTroubled === isTroubled).map(({ site }) => site.router.identity)
    return { healthy: named(false), troubled: named(true) }
  }

  /** Who read each router the last time. */
  readers(): Readonly<Record<string, string>> {
    return Object.fromEntries(
      this.#places.flatMap(({ site, log }) => (log.reader ? [[site.router.identity, log.reader]] : [])),
    )
  }

  account(gaps: readonly UnsafeGap[]): FleetAccount {
    return {
      sessions: this.#places.reduce((sum, { site }) => sum + site.router.truth().length, 0),
      readings: this.#places.reduce((sum, { log }) => sum + log.readings, 0),
      subscribers: this.#places.flatMap(({ log }) => accountsOf(log, gaps)),
      longestGap: this.#places
        .flatMap(({ log }) => log.longestGap() ?? [])
        .reduce<Gap | undefined>((a, b) => (a && a.toMs - a.fromMs >= b.toMs - b.fromMs ? a : b), undefined),
      churn: this.#happened,
      readerChanges: this.#places.reduce((sum, { log }) => sum + log.readerChanges, 0),
    }
  }

  /** All that is known of some subscribers, for somebody who looks for a difference. */
  explain(subscribers: readonly FleetSubscriber[], gaps: readonly UnsafeGap[]): unknown {
    return subscribers.flatMap(it => {
      const log = this.#places.find(({ site }) => site.router.identity === it.router)?.log
      return log ? [storyOf(log, it, gaps)] : []
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
