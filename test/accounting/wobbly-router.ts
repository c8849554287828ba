import type { Bytes } from '../../src/accounting/bytes.ts'
import type {
  BindingReading,
  Reading,
  Service,
  SessionReading,
  Window,
} from '../../src/accounting/reading.ts'
import { type Random, wholeBelow } from '../fleet/random.ts'

/** One login as it really was. Times are true milliseconds, which neither the router nor the daemon knows. */
export interface TrueSession {
  readonly username: string
  readonly identity: string
  readonly loginMs: number
  /** The static binding it is on, whose counters these are too. */
  readonly binding: string | undefined
  counters: Bytes
}

/** The daemon's clocks: how far they are from the truth. */
export interface Clocks {
  readonly steadyAheadMs: number
  readonly wallAheadMs: number
}

/** What a reading was made of: which sessions showed which counters, and which bindings. */
export interface Sight {
  readonly reading: Reading
  readonly seen: ReadonlyMap<TrueSession, Bytes | undefined>
  readonly bindings: ReadonlyMap<string, Bytes>
}

const USERS = ['ann', 'bob', 'cid', 'dee', 'eve', 'fay'] as const
/** In PPP these have static server bindings. */
const STATIC_USERS: ReadonlySet<string> = new Set(['ann', 'bob'])
/** PPP session-ids come again after so many. */
const SESSION_IDS = 5
/** Two logins of one identity are no nearer, or nobody could tell them apart (rule 1). */
const APART_MS = 30_000

/** A router with a clock that drifts, on which people come and go. */
export class WobblyRouter {
  readonly service: Service
  readonly open = new Set<TrueSession>()
  readonly #random: Random
  /** Of the router's clock, against the truth. */
  readonly #drift: number
  readonly #bindings = new Map<string, Bytes>()
  readonly #lastLogins = new Map<string, number>()
  #bootMs: number
  #boot: Window = { earliestMs: 0, latestMs: 0 }
  #logins = 0

  constructor(service: Service, random: Random, nowMs: number) {
    this.service = service
    this.#random = random
    this.#drift = (random() - 0.5) * 1e-4
    this.#bootMs = nowMs - wholeBelow(random, 10 * 86_400_000)
    if (service === 'ppp')
      for (const user of STATIC_USERS) this.#bindings.set(`pppoe-${user}`, this.#traffic(9))
  }

  logIn(nowMs: number): void {
    const username = USERS[wholeBelow(this.#random, USERS.length)] ?? 'ann'
    const place = this.#random() < 0.8 ? 0 : 1
    const identity =
      this.service === 'ppp' ? `${username} ${this.#logins++ % SESSION_IDS}` : `${username} ${place}`
    const lastMs = this.#lastLogins.get(identity) ?? Number.NEGATIVE_INFINITY
    const isStatic = this.service === 'ppp' && STATIC_USERS.has(username)
    const binding = isStatic ? `pppoe-${username}` : undefined
    for (const other of this.open) {
      if (other.identity === identity) return
      if (binding !== undefined && other.binding === binding) return
    }
    if (nowMs - lastMs < APART_MS) return
    this.#lastLogins.set(identity, nowMs)
    const counters = (binding !== undefined && this.#bindings.get(binding)) || { upload: 0, download: 0 }
    this.open.add({ username, identity, loginMs: nowMs, binding, counters })
  }

  logOut(): void {
    for (const session of this.open) if (this.#random() < 0.3) this.open.delete(session)
  }

  /** Everybody moves some bytes, or none. */
  move(elapsedMs: number): void {
    for (const session of this.open) {
      if (this.#random() < 0.4) continue
      const most = Math.min(20, Math.log2(1 + elapsedMs * 1000))
      const more = this.#traffic(most)
      const { upload, download } = session.counters
      this.#show(session, { upload: upload + more.upload, download: download + more.download })
    }
  }

  /** `/interface/reset-counters` on one session. */
  reset(): void {
    const [session] = this.open
    if (session) this.#show(session, { upload: 0, download: 0 })
  }

  reboot(nowMs: number): void {
    this.#bootMs = nowMs
    this.open.clear()
    for (const name of this.#bindings.keys()) this.#bindings.set(name, { upload: 0, download: 0 })
  }

  /** A new connection, which asks for the uptime. */
  connect(nowMs: number, clocks: Clocks): void {
    this.#boot = this.#windowOf(this.#bootMs, nowMs, nowMs + wholeBelow(this.#random, 400), clocks).window
  }

  read(askedMs: number, clocks: Clocks): Sight {
    const answeredMs = askedMs + wholeBelow(this.#random, this.#random() < 0.05 ? 2_000 : 200)
    const seen = new Map<TrueSession, Bytes | undefined>()
    const hidden = new Set<string>()
    const rows: SessionReading[] = []
    for (const session of this.open) {
      const isUnknown = this.service === 'ppp' && this.#random() < 0.1
      const counters = isUnknown ? undefined : session.counters
      seen.set(session, counters)
      if (isUnknown && session.binding !== undefined) hidden.add(session.binding)
      rows.push(this.#row(session, counters, askedMs, answeredMs, clocks))
    }
    if (this.#random() < 0.3) rows.reverse()
    const bindings = new Map([...this.#bindings].filter(([name]) => !hidden.has(name)))
    const at = {
      steadyMs: askedMs + clocks.steadyAheadMs,
      wall: new Date(askedMs + clocks.steadyAheadMs + clocks.wallAheadMs),
    }
    const bindingRows = Array.from(bindings, ([name, counters]): BindingReading => ({ name, counters }))
    const reading = { service: this.service, at, boot: this.#boot, sessions: rows, bindings: bindingRows }
    return { reading, seen, bindings }
  }

  #row(
    { username, identity, loginMs, binding }: TrueSession,
    counters: Bytes | undefined,
    askedMs: number,
    answeredMs: number,
    clocks: Clocks,
  ): SessionReading {
    const isPpp = this.service === 'ppp'
    const { window, uptimeSeconds } = this.#windowOf(loginMs, askedMs, answeredMs, clocks)
    return {
      ...{ protocol: isPpp ? 'pppoe' : 'hotspot', username, server: isPpp ? undefined : 'hs1' },
      ...{ macAddress: username, ipAddress: isPpp ? undefined : identity },
      ...{ routerSessionId: isPpp ? identity : undefined, callerId: isPpp ? username : undefined },
      ...{ uptimeSeconds, login: window, counters, binding },
    }
  }

  /** What an uptime in whole seconds, true at some moment between asking and the answer, tells of its beginning. */
  #windowOf(beganMs: number, askedMs: number, answeredMs: number, { steadyAheadMs }: Clocks) {
    const trueMs = askedMs + this.#random() * (answeredMs - askedMs)
    const uptimeSeconds = Math.max(0, Math.floor(((trueMs - beganMs) * (1 + this.#drift)) / 1000))
    const window = {
      earliestMs: askedMs + steadyAheadMs - (uptimeSeconds + 1) * 1000,
      latestMs: answeredMs + steadyAheadMs - uptimeSeconds * 1000,
    }
    return { window, uptimeSeconds }
  }

  #show(session: TrueSession, counters: Bytes): void {
    session.counters = counters
    if (session.binding !== undefined) this.#bindings.set(session.binding, counters)
  }

  #traffic(mostBits: number): Bytes {
    const upload = Math.floor(2 ** (this.#random() * mostBits)) - 1
    return { upload, download: Math.floor(2 ** (this.#random() * mostBits)) - 1 }
  }
}
