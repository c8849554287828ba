import type { Bytes } from './bytes.ts'

/** What a router is asked for: its hotspot's sessions or its PPP sessions. */
export type Service = 'hotspot' | 'ppp'

export const SERVICES: readonly Service[] = ['hotspot', 'ppp']

/**
 * When a thing happened, by two clocks. `wall` says on which day to book it, and may jump when somebody sets the
 * time. `steadyMs` is for all comparing: milliseconds that only ever grow, anchored to the wall clock when the
 * process began, so that values of two processes compare as long as nobody set the clock between them.
 */
export interface Moment {
  readonly wall: Date
  readonly steadyMs: number
}

/**
 * The span in which something must have happened, on the steady clock. A login is known that way: an uptime is in
 * whole seconds, and it was true at some moment between asking and the answer.
 */
export interface Window {
  readonly earliestMs: number
  readonly latestMs: number
}

/** One session in a reading. */
export interface SessionReading {
  /** `hotspot`, `pppoe`, `l2tp`, `pptp`, `sstp`, `ovpn`, or what the router calls it. */
  readonly protocol: string
  /** Who is logged in. */
  readonly username: string
  /** The hotspot's server; absent for PPP. */
  readonly server: string | undefined
  readonly macAddress: string | undefined
  readonly ipAddress: string | undefined
  /** PPP's `session-id`; the hotspot has none. */
  readonly routerSessionId: string | undefined
  /** PPP's `caller-id`: a MAC for PPPoE, an address for L2TP and PPTP. */
  readonly callerId: string | undefined
  readonly uptimeSeconds: number
  /** When the session logged in, as this reading tells. */
  readonly login: Window
  /** The running totals; `undefined` where no interface row could be joined this round (rule 11). */
  readonly counters: Bytes | undefined
  /** The static server binding whose counters these are: they run on from session to session (rule 10). */
  readonly binding: string | undefined
}

/** A static PPP server binding's running totals, whether or not a session is on it. */
export interface BindingReading {
  readonly name: string
  readonly counters: Bytes
}

/** One complete answer of a router for one service at one moment. A poll that failed in any way makes none. */
export interface Reading {
  readonly service: Service
  /** When the router was asked. */
  readonly at: Moment
  /** When the router booted, as its uptime told when this connection was opened (rule 2). */
  readonly boot: Window
  readonly sessions: readonly SessionReading[]
  readonly bindings: readonly BindingReading[]
  /** When sessions left that are not in it, by their identity, where the router told at once (rule 3). */
  readonly departures?: ReadonlyMap<string, Date>
}
