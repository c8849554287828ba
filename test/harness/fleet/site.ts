import type { Bytes } from '../../../src/accounting/bytes.ts'
import { utf8 } from './name.ts'
import { pick, type Random, wholeBelow } from './random.ts'
import type { SessionLogin, SimulatedSession } from './session.ts'
import type { SimulatedRouter } from './simulated-router.ts'
import { makeSubscribers, makeTraffic, type Subscriber } from './subscribers.ts'

/** A hotspot session has no id: after a shorter absence, at any address, a login looks like the previous session. */
const TOO_SOON_MS = 15_000
const MOVES = 0.3

/** Two readings of a router without long trouble, and one round of a session's traffic. */
const TWO_READINGS_MS = 20_000

export interface SiteSpec {
  /** Its number in the fleet, which makes its addresses and names unique. */
  readonly number: number
  readonly hotspotSessions: number
  readonly pppSessions: number
  readonly bindings: number
  readonly meanRate: Bytes
  readonly hasOddNames: boolean
}

/** `relogin` is the same subscriber at once, at the same address or another. */
export type Happening =
  | { readonly kind: 'login'; readonly session: SimulatedSession }
  | { readonly kind: 'logout' }
  | { readonly kind: 'relogin'; readonly isSameAddress: boolean }
  | { readonly kind: 'reset'; readonly session: SimulatedSession }

interface Online {
  readonly subscriber: Subscriber
  readonly session: SimulatedSession
  readonly address: string
}

/** The subscribers of one router, who come and go: one and a half times as many as are online. */
export class Site {
  readonly router: SimulatedRouter
  readonly #spec: SiteSpec
  readonly #random: Random
  /** Free addresses. The last one returned is the first to be used again. */
  readonly #addresses: string[] = []
  readonly #offline: Subscriber[] = []
  #online: Online[] = []
  readonly #lastLogins = new Map<Subscriber, number>()

  constructor(router: SimulatedRouter, spec: SiteSpec, random: Random) {
    this.router = router
    this.#spec = spec
    this.#random = random
  }

  /** Everybody, online or not. */
  get subscribers(): readonly Subscriber[] {
    return [...this.#online.map(({ subscriber }) => subscriber), ...this.#offline]
  }

  /** Logs in the first sessions, which began within the last hour. */
  populate(): void {
    const { number, hotspotSessions, pppSessions, bindings, hasOddNames } = this.#spec
    for (let i = 0; i < hotspotSessions + pppSessions + 8; i++)
      this.#addresses.push(`10.${number & 255}.${i >> 8}.${i & 255}`)
    const make = (service: 'hotspot' | 'ppp', online: number) =>
      makeSubscribers({ service, router: number, count: Math.ceil(online * 1.5), hasOddNames })
    const hotspot = make('hotspot', hotspotSessions)
    const ppp = make('ppp', pppSessions)
    for (const { name, protocol } of ppp.slice(0, bindings))
      if (protocol !== 'hotspot')
        this.router.addBinding({
          protocol,
          name: `static-${protocol}-${name.text}`,
          user: name,
          counters: { upload: 5_000_000, download: 70_000_000 },
        })
    for (const subscriber of [...hotspot.slice(0, hotspotSessions), ...ppp.slice(0, pppSessions)])
      this.#login(subscriber, wholeBelow(this.#random, 3_600_000))
    this.#offline.push(...hotspot.slice(hotspotSessions), ...ppp.slice(pppSessions))
  }

  /** Ends a session if it is still there. */
  end(session: SimulatedSession): void {
    const online = this.#online.find(it => it.session === session)
    if (online && session.logoutAtMs === undefined) this.#logout(online)
  }

  /**
   * Lets one thing happen: a login, a logout, both at once, or a counter reset.
   * @returns what happened; `undefined` if nothing can
   */
  step(): Happening | undefined {
    if (!this.router.isUp) return undefined
    // A reboot has ended sessions without notice.
    const gone = this.#online.filter(({ session }) => session.logoutAtMs !== undefined)
    for (const it of gone) this.#release(it)
    const chance = this.#random()
    const somebody = pick(this.#random, this.#online)
    const known =
      chance < 0.05
        ? pick(
            this.#random,
            this.#online.filter(it => this.#isKnown(it)),
          )
        : undefined
    if (known) {
      this.router.resetCounters(known.session)
      return { kind: 'reset', session: known.session }
    }
    if (chance < 0.15 && somebody && !this.#isTooSoon(somebody.subscriber)) {
      this.#logout(somebody)
      const again = this.#login(somebody.subscriber, 0, this.#random() < MOVES)
      return { kind: 'relogin', isSameAddress: again?.login.address === somebody.address }
    }
    if (this.#online.length < this.#spec.hotspotSessions + this.#spec.pppSessions) return this.#comeOne()
    if (!somebody) return undefined
    this.#logout(somebody)
    return { kind: 'logout' }
  }

  /**
   * Whether a reset of its counters can be told from a false reading: they must exceed twice what it moves until the
   * next two readings.
   */
  #isKnown({ session }: Online): boolean {
    const nowMs = this.router.now()
    const { upload, download } = session.meter.readAt(nowMs)
    const [now, before] = [session.movedAt(nowMs), session.movedAt(nowMs - TWO_READINGS_MS)]
    return (
      session.uptimeAt(nowMs) > TWO_READINGS_MS &&
      upload >= 2 * (now.upload - before.upload) &&
      download >= 2 * (now.download - before.download)
    )
  }

  #comeOne(): Happening | undefined {
    const subscriber = pick(
      this.#random,
      this.#offline.filter(it => !this.#isTooSoon(it)),
    )
    const session = subscriber && this.#login(subscriber, 0)
    return session && { kind: 'login', session }
  }

  /**
   * @param hasMoved whether to take another address than the last one returned
   * @returns `undefined` if no address is free
   */
  #login(subscriber: Subscriber, loggedInForMs: number, hasMoved = false): SimulatedSession | undefined {
    const address = hasMoved ? this.#addresses.shift() : this.#addresses.pop()
    if (address === undefined) return undefined
    const at = this.#offline.indexOf(subscriber)
    if (at >= 0) this.#offline.splice(at, 1)
    const session = this.router.login(this.#loginOf(subscriber, address, loggedInForMs))
    this.#online.push({ subscriber, session, address })
    this.#lastLogins.set(subscriber, session.loginAtMs)
    return session
  }

  #isTooSoon(subscriber: Subscriber): boolean {
    const lastMs = this.#lastLogins.get(subscriber)
    return (
      subscriber.protocol === 'hotspot' && lastMs !== undefined && this.router.now() - lastMs < TOO_SOON_MS
    )
  }

  #loginOf(subscriber: Subscriber, address: string, loggedInForMs: number): SessionLogin {
    const { name, protocol, macAddress, publicAddress } = subscriber
    const traffic = makeTraffic(this.#random, this.#spec.meanRate)
    const common = { name, address, traffic, loggedInForMs }
    if (protocol === 'hotspot') return { ...common, protocol, macAddress, comment: utf8('paid: yes') }
    return { ...common, protocol, callerId: protocol === 'pppoe' ? macAddress : publicAddress }
  }

  #logout(online: Online): void {
    this.router.logout(online.session)
    this.#release(online)
  }

  #release(online: Online): void {
    this.#online = this.#online.filter(it => it !== online)
    this.#addresses.push(online.address)
    this.#offline.push(online.subscriber)
  }
}
