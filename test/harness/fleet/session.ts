import { type Bytes, NO_BYTES } from '../../../src/accounting/bytes.ts'
import type { Service } from '../../../src/accounting/reading.ts'
import { Meter } from './meter.ts'
import { type Name, rawName } from './name.ts'
import type { PppInterface, PppProtocol } from './ppp-interface.ts'
import type { Traffic } from './traffic.ts'

/** The common parts of a login. A session that began `loggedInForMs` ago has moved bytes since then. */
interface Login {
  readonly name: Name
  readonly address: string
  readonly traffic: Traffic
  readonly loggedInForMs?: number
}

export interface HotspotLogin extends Login {
  readonly protocol: 'hotspot'
  readonly macAddress: string
  readonly server?: string
  readonly comment?: Name
}

export interface PppLogin extends Login {
  readonly protocol: PppProtocol
  /** A MAC for PPPoE, an address for the tunnels. */
  readonly callerId: string
}

export type SessionLogin = HotspotLogin | PppLogin

/** One login of one subscriber: its identity, and the bytes that it moves. */
export abstract class SimulatedSession {
  abstract readonly service: Service
  abstract readonly login: SessionLogin
  /** The meter that counts its bytes. */
  abstract readonly meter: Meter
  /** The name's bytes, one character per byte. */
  readonly rawName: string
  readonly loginAtMs: number
  readonly #traffic: Traffic
  #logoutAtMs: number | undefined

  constructor(login: SessionLogin, nowMs: number) {
    this.rawName = rawName(login.name)
    this.loginAtMs = nowMs - (login.loggedInForMs ?? 0)
    this.#traffic = login.traffic
  }

  get logoutAtMs(): number | undefined {
    return this.#logoutAtMs
  }

  uptimeAt(nowMs: number): number {
    return nowMs - this.loginAtMs
  }

  /** Bytes since the login; they stand after the logout. */
  movedAt(nowMs: number): Bytes {
    const elapsedMs = Math.min(nowMs, this.#logoutAtMs ?? nowMs) - this.loginAtMs
    return elapsedMs > 0 ? this.#traffic.bytesAt(elapsedMs) : NO_BYTES
  }

  end(nowMs: number): void {
    this.#logoutAtMs ??= nowMs
  }
}

export class HotspotSession extends SimulatedSession {
  override readonly service = 'hotspot'
  override readonly login: HotspotLogin
  override readonly meter = new Meter()
  /** Its current address. */
  address: string
  /** Raw; split off from its name, if it has one. */
  domain: string | undefined

  constructor(login: HotspotLogin, nowMs: number) {
    super(login, nowMs)
    this.login = login
    this.address = login.address
    this.meter.run(this)
  }

  /** The client's address in hex: the next session on the address has the same id. */
  get id(): string {
    return `*${this.address
      .split('.')
      .map(part => Number(part).toString(16).padStart(2, '0'))
      .join('')
      .toUpperCase()}`
  }
}

export class PppSession extends SimulatedSession {
  override readonly service = 'ppp'
  override readonly login: PppLogin
  readonly id: string
  /** `0x` and 8 digits. */
  readonly sessionId: string
  /** The interface that counts its bytes. */
  readonly interface: PppInterface

  constructor(
    login: PppLogin,
    nowMs: number,
    given: { id: string; sessionId: string; interface: PppInterface },
  ) {
    super(login, nowMs)
    this.login = login
    this.id = given.id
    this.sessionId = given.sessionId
    this.interface = given.interface
  }

  override get meter(): Meter {
    return this.interface.meter
  }
}
