import type { Bytes } from '../../../src/accounting/bytes.ts'
import type { Service } from '../../../src/accounting/reading.ts'

/** A request to a watched fleet's process. */
export type WatchedFleetRequest =
  | ({ readonly kind: 'start' } & WatchedFleetSize)
  | { readonly kind: 'churn'; readonly perSecond: number }
  | { readonly kind: 'stop churn' }
  | { readonly kind: 'change password'; readonly routers: readonly string[]; readonly password: string }
  | { readonly kind: 'routers' }
  | { readonly kind: 'visits' }
  | { readonly kind: 'account' }
  | { readonly kind: 'stop' }

export interface WatchedFleetSize {
  readonly seed: number
  readonly routers: number
  /** The number of sessions of each service, on each router. */
  readonly sessions: number
}

/** A router's current state. */
export interface SeenRouter {
  readonly identity: string
  readonly host: string
  readonly port: number
  readonly connections: number
  readonly logins: number
  /** When the older of its services' last whole readings was delivered; `null` until each service has one. */
  readonly readAtMs: number | null
}

/** A whole reading. */
export interface Visit {
  /** When it was delivered, on the machine's clock. */
  readonly atMs: number
  /** The number of logins by then; another number means another connection. */
  readonly login: number
}

/** The readings of one service of one router. */
export interface Visits {
  readonly router: string
  readonly service: Service
  readonly all: readonly Visit[]
}

/** What whole replies carried for one session. */
export interface SessionAccount {
  readonly router: string
  readonly service: Service
  readonly username: string
  readonly carried: Bytes
}
