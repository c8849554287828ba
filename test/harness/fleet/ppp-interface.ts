import { Meter } from './meter.ts'
import type { PppSession } from './session.ts'

export const PPP_PROTOCOLS = ['pppoe', 'l2tp', 'pptp', 'sstp', 'ovpn'] as const

export type PppProtocol = (typeof PPP_PROTOCOLS)[number]

/**
 * The interface that counts a PPP session's bytes, and its row in the protocol's server menu:
 *
 *     dynamic          created and removed with its session, starts at 0
 *     static binding   made by the operator for one user; keeps its counters between sessions
 */
export class PppInterface {
  readonly id: string
  readonly protocol: PppProtocol
  /** Raw. An operator can change it. */
  name: string
  /** Raw; the user for whom a static binding waits. */
  readonly user: string
  readonly isDynamic: boolean
  readonly meter = new Meter()
  #session: PppSession | undefined

  constructor(is: { id: string; protocol: PppProtocol; name: string; user: string; isDynamic: boolean }) {
    this.id = is.id
    this.protocol = is.protocol
    this.name = is.name
    this.user = is.user
    this.isDynamic = is.isDynamic
  }

  get session(): PppSession | undefined {
    return this.#session
  }

  begin(session: PppSession): void {
    this.#session = session
    this.meter.run(session)
  }

  end(nowMs: number): void {
    this.meter.halt(nowMs)
    this.#session = undefined
  }
}

/** `<pppoe-ann>`, or if that is taken, `<pppoe-ann-1>` and so on. */
export function dynamicName(protocol: PppProtocol, user: string, isTaken: (name: string) => boolean): string {
  let name = `<${protocol}-${user}>`
  for (let count = 1; isTaken(name); count++) name = `<${protocol}-${user}-${count}>`
  return name
}

const PROTOCOL_DIGITS: Readonly<Record<PppProtocol, string>> = {
  pppoe: '1',
  pptp: '2',
  l2tp: '3',
  sstp: '4',
  ovpn: '5',
}

/** `0x8`, the protocol, the number of boots (wraps after 16), and that of sessions since: it repeats. */
export function pppSessionId(protocol: PppProtocol, boots: number, count: number): string {
  const boot = (boots % 16).toString(16)
  return `0x8${PROTOCOL_DIGITS[protocol]}${boot}${(count % 0x100000).toString(16).padStart(5, '0')}`
}
