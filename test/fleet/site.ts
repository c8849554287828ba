import type { Bytes } from '../../src/accounting/bytes.ts'
import { utf8 } from './name.ts'
import { pick, type Random, wholeBelow } from './random.ts'
import type { SessionLogin, SimulatedSession } from './session.ts'
import type { SimulatedRouter } from './simulated-router.ts'
import { makeSubscribers, makeTraffic, type Subscriber } from './subscribers.ts'

/** A hotspot session has no id: who comes back sooner than this to the same address looks like who never left. */
const TOO_SOON_MS = 15_000

/** Two readings of a router that is not in trouble for long, and one round of any session's traffic. */
const TWO_READINGS_MS = 20_000

export interface SiteSpec {
  /** Its place in the fleet; makes addresses and names its own. */
  readonly number: number
  readonly hotspotSessions: number
  readonly pppSessions: number
  readonly bindings: number
  readonly meanRate: Bytes
}

/** `relogin` is the same subscriber at once, on the address before or on another. */
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

/** The subscribers of one router, who come and go. Half as many again as are online. */
export class Site {
  readonly router: SimulatedRouter
  readonly #spec: SiteSpec
  readonly #random: Random
  /** The last address given back is the first to be given out again. */
  readonly #addresses: string[] = []
  readonly #offline: Subscriber[] = []
  #online: Online[] = []
  readonly #lastLogin = new Map<Subscriber, { address: string; atMs: number }>()

  constructor(router: SimulatedRouter, spec: SiteSpec, random: Random) {
    this.router = router
    this.#spec = spec
    this.#random = random
  }

  /** Logs the first sessions in: they began within the last hour. */
  populate(): void {
    const { number, hotspotSessions, pppSessions, bindings } = this.#spec
    for (let i = 0; i < hotspotSessions + pppSessions + 8; i++)
      this.#addresses.push(`10.${number & 255}.${i >> 8}.${i & 255}`)
    const hotspot = makeSubscribers('hotspot', number, Math.ceil(hotspotSessions * 1.5))
    const ppp = makeSubscribers('ppp', number, Math.ceil(pppSessions * 1.5))
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

  /** A session ends, if it is still there. */
  end(session: SimulatedSession): void {
    const online = this.#online.find(it => it.session === session)
    if (online && session.logoutAtMs === undefined) this.#logout(online)
  }

  /**
   * One thing happens: somebody comes, goes, comes back at once, or the operator resets a counter.
   * @returns what it was; `undefined` where nothing can happen
   */
  step(): Happening | undefined {
    if (!this.router.isUp) return undefined
    // A reboot has ended sessions without a word.
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
    if (chance < 0.15 && somebody) {
      this.#logout(somebody)
      const again = this.#login(somebody.subscriber, 0)
      return { kind: 'relogin', isSameAddress: again?.login.address === somebody.address }
    }
    if (this.#online.length < this.#spec.hotspotSessions + this.#spec.pppSessions) return this.#comeOne()
    if (!somebody) return undefined
    this.#logout(somebody)
    return { kind: 'logout' }
  }

  /**
   * Whether a reset of its counters can be told from a false reading: they are beyond what it moves until the next two
   * readings have told of them, twice over.
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
    const subscriber = pick(this.#random, this.#offline)
    const session = subscriber && this.#login(subscriber, 0)
    return session && { kind: 'login', session }
  }

  /** @returns `undefined` where no address is free */
  #login(subscriber: Subscriber, loggedInForMs: number): SimulatedSession | undefined {
    const address = this.#takeAddress(subscriber)
    if (address === undefined) return undefined
    const at = this.#offline.indexOf(subscriber)
    if (at >= 0) this.#offline.splice(at, 1)
    const session = this.router.login(this.#loginOf(subscriber, address, loggedInForMs))
    this.#online.push({ subscriber, session, address })
    this.#lastLogin.set(subscriber, { address, atMs: session.loginAtMs })
    return session
  }

  #takeAddress(subscriber: Subscriber): string | undefined {
    const last = this.#lastLogin.get(subscriber)
    const isTooSoon =
      last !== undefined &&
      last.address === this.#addresses.at(-1) &&
      this.router.now() - last.atMs < TOO_SOON_MS
    return isTooSoon && subscriber.protocol === 'hotspot' ? this.#addresses.shift() : this.#addresses.pop()
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
