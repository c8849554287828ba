import { type Bytes, NO_BYTES } from '../../../src/accounting/bytes.ts'
import { type Name, rawName, rawText } from './name.ts'
import { dynamicName, PppInterface, type PppProtocol, pppSessionId } from './ppp-interface.ts'
import {
  type HotspotLogin,
  HotspotSession,
  type PppLogin,
  PppSession,
  type SessionLogin,
  type SimulatedSession,
} from './session.ts'

/** A static server binding: `user` gets this interface whenever it is free. */
export interface BindingSpec {
  readonly protocol: PppProtocol
  readonly name: string
  readonly user: Name
  /** The initial values of its counters. */
  readonly counters?: Bytes
}

export interface SessionChange {
  readonly kind: 'added' | 'removed'
  readonly session: SimulatedSession
}

/** The sessions on one router, and the interfaces that come and go with them. */
export class Sessions {
  readonly #now: () => number
  readonly #isVersion6: boolean
  readonly #hotspot = new Map<string, HotspotSession>()
  readonly #ppp = new Set<PppSession>()
  readonly #interfaces = new Map<string, PppInterface>()
  readonly #ended: SimulatedSession[] = []
  readonly #listeners = new Set<(change: SessionChange) => void>()
  #boots = 1
  #pppCount = 0
  #interfaceCount = 16

  constructor(options: { now: () => number; isVersion6: boolean }) {
    this.#now = options.now
    this.#isVersion6 = options.isVersion6
  }

  /** Open sessions in the order of their login. */
  hotspot(): IterableIterator<HotspotSession> {
    return this.#hotspot.values()
  }

  ppp(): IterableIterator<PppSession> {
    return this.#ppp.values()
  }

  /** All dynamic interfaces and static bindings. */
  interfaces(): IterableIterator<PppInterface> {
    return this.#interfaces.values()
  }

  /** Ended and open sessions. */
  *all(): Generator<SimulatedSession> {
    yield* this.#ended
    yield* this.#hotspot.values()
    yield* this.#ppp
  }

  get ended(): readonly SimulatedSession[] {
    return this.#ended
  }

  /** @returns a function that removes the listener */
  onChange(listener: (change: SessionChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  addBinding(spec: BindingSpec): PppInterface {
    const { protocol } = spec
    const name = rawText(spec.name)
    if (this.#interfaces.has(name)) throw new RangeError(`an interface has that name: ${spec.name}`)
    const user = rawName(spec.user)
    const binding = new PppInterface({ id: this.#nextInterfaceId(), protocol, name, user, isDynamic: false })
    binding.meter.set(spec.counters ?? NO_BYTES, this.#now())
    this.#interfaces.set(name, binding)
    return binding
  }

  login(login: SessionLogin): SimulatedSession {
    const session = login.protocol === 'hotspot' ? this.#loginHotspot(login) : this.#loginPpp(login)
    this.#notify({ kind: 'added', session })
    return session
  }

  #loginHotspot(login: HotspotLogin): HotspotSession {
    if (this.#hotspot.has(login.address)) throw new RangeError(`somebody is on ${login.address}`)
    const session = new HotspotSession(login, this.#now())
    this.#hotspot.set(session.address, session)
    return session
  }

  #loginPpp(login: PppLogin): PppSession {
    const now = this.#now()
    const on = this.#freeBinding(login) ?? this.#makeInterface(login)
    const count = ++this.#pppCount
    const id = this.#isVersion6 ? 0x80000000 + count : count
    const session = new PppSession(login, now, {
      id: `*${id.toString(16).toUpperCase()}`,
      sessionId: pppSessionId(login.protocol, this.#boots, count),
      interface: on,
    })
    on.begin(session)
    this.#ppp.add(session)
    return session
  }

  #freeBinding(login: PppLogin): PppInterface | undefined {
    const user = rawName(login.name)
    for (const it of this.#interfaces.values())
      if (!it.isDynamic && it.protocol === login.protocol && it.user === user && !it.session) return it
    return undefined
  }

  #makeInterface({ protocol, name }: PppLogin): PppInterface {
    const user = rawName(name)
    const made = new PppInterface({
      id: this.#nextInterfaceId(),
      protocol,
      name: dynamicName(protocol, user, taken => this.#interfaces.has(taken)),
      user,
      isDynamic: true,
    })
    this.#interfaces.set(made.name, made)
    return made
  }

  #nextInterfaceId(): string {
    return `*${(++this.#interfaceCount).toString(16).toUpperCase()}`
  }

  logout(session: SimulatedSession): void {
    if (session.logoutAtMs !== undefined) return
    const now = this.#now()
    session.end(now)
    this.#ended.push(session)
    if (session instanceof HotspotSession) this.#hotspot.delete(session.address)
    else if (session instanceof PppSession) {
      this.#ppp.delete(session)
      session.interface.end(now)
      if (session.interface.isDynamic) this.#interfaces.delete(session.interface.name)
    }
    this.#notify({ kind: 'removed', session })
  }

  /** Moves a hotspot session to another address. @throws RangeError if the address is taken */
  readdress(session: HotspotSession, address: string): void {
    if (this.#hotspot.has(address)) throw new RangeError(`somebody is on ${address}`)
    this.#hotspot.delete(session.address)
    session.address = address
    this.#hotspot.set(address, session)
  }

  /** Renames the interface of a session. @throws RangeError if another interface has the name */
  rename({ interface: renamed }: PppSession, name: string): void {
    if (this.#interfaces.has(name)) throw new RangeError(`an interface has that name: ${name}`)
    this.#interfaces.delete(renamed.name)
    renamed.name = name
    this.#interfaces.set(name, renamed)
  }

  /** Ends all sessions and sets every counter to 0. */
  reboot(): void {
    for (const session of [...this.#hotspot.values(), ...this.#ppp]) this.logout(session)
    for (const binding of this.#interfaces.values()) binding.meter.set(NO_BYTES, this.#now())
    this.#boots++
    this.#pppCount = 0
  }

  #notify(change: SessionChange): void {
    for (const listener of this.#listeners) listener(change)
  }
}
