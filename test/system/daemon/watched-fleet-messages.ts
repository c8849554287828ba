import type { Bytes } from '../../../src/accounting/bytes.ts'
import type { Service } from '../../../src/accounting/reading.ts'

/** What a watched fleet's process is asked for. */
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
  /** Of each service, on each router. */
  readonly sessions: number
}

/** A router as it is now. */
export interface SeenRouter {
  readonly identity: string
  readonly host: string
  readonly port: number
  readonly connections: number
  readonly logins: number
  /** When the last whole reading of each of its services was handed over, the earlier of them; `null` before both were. */
  readonly readAtMs: number | null
}

/** A whole reading. */
export interface Visit {
  /** When it was handed over, on the machine's clock. */
  readonly atMs: number
  /** How many logins there had been by then: another one is another connection. */
  readonly login: number
}

/** The readings of one service of one router. */
export interface Visits {
  readonly router: string
  readonly service: Service
  readonly all: readonly Visit[]
}

/** What whole replies carried of one session. */
export interface SessionAccount {
  readonly router: string
  readonly service: Service
  readonly username: string
  readonly carried: Bytes
}
