import { addBytes, type Bytes, NO_BYTES } from '../../../src/accounting/bytes.ts'
import type { SimulatedService } from '../../harness/services.ts'
import { SECOND_MS } from './history.ts'
import { ActiveLie, type Lie } from './lies.ts'

/** One login as it really was. Its only identity is being this object. */
export interface TrueSession {
  readonly username: string
  /** What a router identifies it by: an address in the hotspot, a session-id in PPP. */
  identity: string
  readonly loginMs: number
  /** The static binding that it uses, whose counters it has. */
  readonly binding: string | undefined
  counters: Bytes
  /** The number of times that its counters were reset. */
  resets: number
  /** Whether the last reading showed it. */
  isSeen: boolean
  /** The last counters that it truly showed. */
  shown: Bytes
  lie: ActiveLie | undefined
}

const USERS = ['ann', 'bob', 'cid', 'dee', 'eve', 'fay'] as const
/** Users with static server bindings in PPP. */
const STATIC_USERS: readonly string[] = ['ann', 'bob']
/** The number of PPP session-ids, after which they repeat. */
const SESSION_IDS = 5
/**
 * The least time between two logins of one identity, or of one hotspot device. Closer ones could not be distinguished
 * (docs/accounting.md rule 1).
 */
const APART_MS = 30 * SECOND_MS

/** The sessions on one service of a router. */
export class TrueService {
  readonly service: SimulatedService
  readonly open = new Set<TrueSession>()
  readonly bindings = new Map<string, Bytes>()
  readonly #lastLogins = new Map<string, number>()
  #logins = 0

  constructor(service: SimulatedService, bindingBytes: Bytes) {
    this.service = service
    if (service === 'ppp') for (const user of STATIC_USERS) this.bindings.set(bindingOf(user), bindingBytes)
  }

  logIn(nowMs: number, user: number, place: number): void {
    const username = USERS[user % USERS.length] ?? 'ann'
    this.#begin(
      nowMs,
      username,
      `${username} ${this.service === 'ppp' ? this.#logins++ % SESSION_IDS : place}`,
    )
  }

  logOut(which: number): void {
    const session = this.#at(which)
    if (session) this.open.delete(session)
  }

  logInAgain(nowMs: number, which: number): void {
    const session = this.#at(which)
    if (!session) return
    this.open.delete(session)
    this.#begin(nowMs, session.username, session.identity)
  }

  /** Moves bytes: some sessions move nothing, some one part, some two. */
  move(shift: number, { upload, download }: Bytes): void {
    for (const [index, session] of [...this.open].entries()) {
      const parts = (index + shift) % 3
      if (parts > 0)
        this.#show(
          session,
          addBytes(session.counters, { upload: parts * upload, download: parts * download }),
        )
    }
  }

  reset(which: number): void {
    const session = this.#at(which)
    if (!session) return
    session.resets++
    this.#show(session, NO_BYTES)
  }

  /** Changes only the address of a session. No lie about it begins before it was read there. */
  readdress(which: number): void {
    const session = this.#at(which)
    if (this.service !== 'hotspot' || !session?.isSeen || session.lie) return
    session.identity = `${session.username} at ${this.#logins++}`
    session.isSeen = false
  }

  lie(which: number, lie: Lie): void {
    const session = this.#at(which)
    if (session?.isSeen && !session.lie) session.lie = new ActiveLie(lie, session.shown)
  }

  /** Ends all lies. None begins until the next reading was true. */
  stopLying(): void {
    for (const session of this.open) {
      session.isSeen = false
      session.lie = undefined
    }
  }

  reboot(): void {
    this.open.clear()
    for (const name of this.bindings.keys()) this.bindings.set(name, NO_BYTES)
  }

  #begin(nowMs: number, username: string, identity: string): void {
    const binding =
      this.service === 'ppp' && STATIC_USERS.includes(username) ? bindingOf(username) : undefined
    for (const other of this.open)
      if (other.identity === identity || (binding !== undefined && other.binding === binding)) return
    const single = this.service === 'hotspot' ? username : identity
    const lastMs = this.#lastLogins.get(single) ?? Number.NEGATIVE_INFINITY
    if (nowMs - lastMs < APART_MS) return
    this.#lastLogins.set(single, nowMs)
    // A dynamic interface is created with its session.
    const counters = binding === undefined ? NO_BYTES : (this.bindings.get(binding) ?? NO_BYTES)
    this.open.add({
      ...{ username, identity, loginMs: nowMs, binding, counters },
      ...{ resets: 0, isSeen: false, shown: NO_BYTES, lie: undefined },
    })
  }

  #at(which: number): TrueSession | undefined {
    return [...this.open][which % Math.max(1, this.open.size)]
  }

  #show(session: TrueSession, counters: Bytes): void {
    session.counters = counters
    if (session.binding !== undefined) this.bindings.set(session.binding, counters)
  }
}

function bindingOf(username: string): string {
  return `pppoe-${username}`
}
