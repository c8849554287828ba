import { setTimeout as sleep } from 'node:timers/promises'
import { type Random, seededRandom } from '../../harness/fleet/random.ts'
import type { SimulatedSession } from '../../harness/fleet/session.ts'
import type { SimulatedRouter } from '../../harness/fleet/simulated-router.ts'
import { Site } from '../../harness/fleet/site.ts'
import type { Since } from './fleet-messages.ts'
import { inject } from './inject.ts'
import type { RouterLieKind, SessionLieKind } from './kinds.ts'
import { Liar, type LieCounts } from './liar.ts'
import type { PlannedRouterFault } from './plan.ts'
import { RouterLog } from './router-log.ts'

/**
 * Whether sessions of a router begin, end or are reset:
 *
 *     churning ── freeze ──▶ frozen ── thaw ──▶ thawing: until every service was read once more
 */
export type Mood =
  | { readonly kind: 'churning' | 'frozen' }
  | { readonly kind: 'thawing'; readonly since: Since }

export type RouterLieCounts = Record<RouterLieKind, number>

export interface PlaceOptions {
  readonly site: Site
  /** Number of its router in the fleet. */
  readonly number: number
  readonly seed: number
  readonly random: Random
  /** Counters to update. */
  readonly lies: { readonly ofSessions: LieCounts; readonly ofRouters: RouterLieCounts }
}

/** Number of subscribers of a router that replaces another. */
const SPARE_SESSIONS = 3
const SPARE_RATE = { upload: 40_000, download: 400_000 }
/** Its numbers begin here, which makes its addresses unique. */
const SPARES_FROM = 100
const READ_WITHIN_MS = 15_000

/** The router behind one address, and from time to time another one that replaces it. */
export class Place {
  readonly site: Site
  readonly log: RouterLog
  mood: Mood = { kind: 'churning' }
  readonly #options: PlaceOptions
  readonly #liar: Liar
  #spare: { readonly site: Site; readonly log: RouterLog } | undefined
  #isSwapped = false

  constructor(options: PlaceOptions) {
    this.#options = options
    this.site = options.site
    this.log = new RouterLog(options.site.router)
    this.#liar = new Liar({
      ...{ site: this.site, log: this.log, random: options.random, counts: options.lies.ofSessions },
      mayEnd: () => this.isChurning(),
    })
  }

  get identity(): string {
    return this.site.router.identity
  }

  /** The logs of all routers that were ever there. */
  get logs(): readonly RouterLog[] {
    return this.#spare ? [this.log, this.#spare.log] : [this.log]
  }

  /** The log of the router that is there now. */
  get currentLog(): RouterLog {
    return this.#isSwapped && this.#spare ? this.#spare.log : this.log
  }

  /** Whether another router is there. */
  get isSwapped(): boolean {
    return this.#isSwapped
  }

  isChurning(): boolean {
    const { mood } = this
    if (mood.kind === 'thawing' && this.currentLog.isRead(mood.since)) this.mood = { kind: 'churning' }
    return this.mood.kind === 'churning' && !this.#isSwapped
  }

  /** @returns whether there is a session for this lie */
  lie(kind: SessionLieKind): boolean {
    return !this.#isSwapped && this.#liar.tell(kind)
  }

  /** Sometimes lies from the first reading on. */
  lieAboutLogin(session: SimulatedSession): void {
    this.#liar.lieAboutLogin(session)
  }

  stopLying(): void {
    const { router } = this.site
    router.lies.end(router.now())
  }

  /** Resolves when the fault is over. */
  async inject(fault: PlannedRouterFault): Promise<void> {
    const { router } = this.site
    const { ofRouters } = this.#options.lies
    switch (fault.kind) {
      case 'another router':
        return this.#swap(fault.forMs)
      case 'server menu refused':
      case 'server menu without rows': {
        const before = serversAsked(router)
        await inject(router, fault)
        if (serversAsked(router) > before) ofRouters[fault.kind]++
        return
      }
      default:
        return inject(router, fault)
    }
  }

  async #swap(forMs: number): Promise<void> {
    const { router } = this.site
    router.lies.end(router.now())
    this.#isSwapped = true
    await router.stop()
    this.#spare ??= this.#makeSpare()
    const { site, log } = this.#spare
    const since = { afterMs: site.router.now() }
    await site.router.start()
    await sleep(forMs)
    const untilMs = performance.now() + READ_WITHIN_MS
    while (!log.isRead(since) && performance.now() < untilMs) await sleep(100)
    if (log.isRead(since)) this.#options.lies.ofRouters['another router']++
    await site.router.stop()
    this.log.noteReturn()
    await router.start()
    this.#isSwapped = false
  }

  #makeSpare() {
    const { number, seed } = this.#options
    const { router } = this.site
    const spare = router.spare({ serial: `HF9${String(number + 1).padStart(6, '0')}` })
    const sessionsOf = (service: 'hotspot' | 'ppp') =>
      router.options.packages.includes(service) ? SPARE_SESSIONS : 0
    const spec = {
      ...{ number: SPARES_FROM + number, bindings: 0, meanRate: SPARE_RATE, hasOddNames: false },
      ...{ hotspotSessions: sessionsOf('hotspot'), pppSessions: sessionsOf('ppp') },
    }
    const site = new Site(spare, spec, seededRandom(seed + SPARES_FROM + number))
    site.populate()
    return { site, log: new RouterLog(spare) }
  }

  async stop(): Promise<void> {
    await this.site.router.stop()
    await this.#spare?.site.router.stop()
  }
}

function serversAsked(router: SimulatedRouter): number {
  return router.received('/interface/pppoe-server/print')
}
