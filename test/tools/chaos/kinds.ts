import { LIES } from '../../harness/fleet/lie.ts'

/** Faults of routers. */
export const ROUTER_FAULTS = [
  'reboot',
  'drop rst',
  'drop fin',
  'hang silent',
  'hang silent, late answers',
  'hang deaf',
  'refuse',
  'network gone',
  'cut reply',
  'trickle',
  'deny',
  'trap',
  'several traps',
  'junk',
  'fatal',
] as const

/** Lies of a router as a whole, in runs with lies. */
export const ROUTER_LIES = ['another router', 'server menu refused', 'server menu without rows'] as const

/** Lies about sessions; the last one stands for any counter lie before the session ends. */
export const SESSION_LIES = [...LIES, 'counters wrong before a logout'] as const

/** What subscribers and operators do all the time. */
export const CHURN_KINDS = [
  'login',
  'logout',
  'relogin',
  'relogin on the same address',
  'counter reset',
] as const

/**
 * Except during the last one, there are no logins or logouts where the daemon reads, so nothing can be lost by
 * definition. `short` and `long` are relative to the lease.
 */
export const DAEMON_FAULTS = [
  'kill -9, back at once',
  'kill -9, taken over',
  'SIGSTOP, short',
  'SIGSTOP, long',
  'SIGTERM, back at once',
  'SIGTERM, back later',
  'kill -9 amid logouts',
  'link cut, taken over',
] as const

export const POSTGRES_FAULTS = ['postgres kill -9', 'postgres hang'] as const

export const BUS_FAULTS = ['nats kill -9', 'nats hang'] as const

/** One way of a daemon's connections is held: what it sends, or what it is sent. */
export const LINK_FAULTS = ['cut to the database', 'cut from the database'] as const
export const BUS_LINK_FAULTS = ['cut to the bus', 'cut from the bus'] as const

export const DISK_FAULTS = ['journal disk full'] as const

export const RELOADS = ['reload: pace', 'reload: router off and on', 'reload: router out and in'] as const

export type RouterLieKind = (typeof ROUTER_LIES)[number]
export type SessionLieKind = (typeof SESSION_LIES)[number]
export type RouterFaultKind = (typeof ROUTER_FAULTS)[number] | RouterLieKind
export type ChurnKind = (typeof CHURN_KINDS)[number]
export type DaemonFaultKind = (typeof DAEMON_FAULTS)[number]
export type PostgresFaultKind = (typeof POSTGRES_FAULTS)[number]
export type BusFaultKind = (typeof BUS_FAULTS)[number]
export type LinkFaultKind = (typeof LINK_FAULTS | typeof BUS_LINK_FAULTS)[number]
export type DiskFaultKind = (typeof DISK_FAULTS)[number]
export type ReloadKind = (typeof RELOADS)[number]
export type FaultKind =
  | RouterFaultKind
  | ChurnKind
  | DaemonFaultKind
  | PostgresFaultKind
  | BusFaultKind
  | LinkFaultKind
  | DiskFaultKind
  | ReloadKind
