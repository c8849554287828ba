import type { Bytes } from '../../../src/accounting/bytes.ts'
import type { Service } from '../../../src/accounting/reading.ts'
import type { Leeway } from './bound.ts'
import type { ChurnKind, RouterLieKind, SessionLieKind } from './kinds.ts'
import type { PlannedRouterFault } from './plan.ts'

/** Requests to the fleet's process. */
export type FleetRequest =
  | { readonly kind: 'start'; readonly seed: number; readonly routers: number; readonly hasLies: boolean }
  | { readonly kind: 'churn'; readonly perSecond: number }
  | { readonly kind: 'inject'; readonly fault: PlannedRouterFault }
  | { readonly kind: 'freeze' }
  | { readonly kind: 'stop lying' }
  | { readonly kind: 'thaw'; readonly afterMs: number }
  | { readonly kind: 'excuse'; readonly router: string; readonly isExcused: boolean }
  | { readonly kind: 'unread'; readonly since: Since }
  | { readonly kind: 'readers' }
  | { readonly kind: 'account'; readonly gaps: readonly UnsafeGap[] }
  | {
      readonly kind: 'explain'
      readonly subscribers: readonly FleetSubscriber[]
      readonly gaps: readonly UnsafeGap[]
    }
  | { readonly kind: 'stop' }

export interface ListedRouter {
  readonly identity: string
  readonly host: string
  readonly port: number
  readonly hasTls: boolean
}

/** Routers that were not read, by whether they have a fault. */
export interface Unread {
  readonly healthy: readonly string[]
  readonly troubled: readonly string[]
}

/** Readings after a moment; by `notBy`, if set, they do not count. */
export interface Since {
  readonly afterMs: number
  readonly notBy?: string
}

/** A router whose readings may have been lost, from a moment on until it is read again. */
export interface UnsafeGap {
  readonly router: string
  readonly fromMs: number
  readonly since: Since
  /** When the daemon of `since.notBy` may record it again; its readings before that are lost too. */
  readonly untilMs?: number
}

export interface FleetSubscriber {
  readonly router: string
  readonly service: Service
  readonly username: string
}

export interface SubscriberAccount extends FleetSubscriber {
  readonly carried: Bytes
  /** Bytes after last readings, which nobody knows. */
  readonly tail: Bytes
  readonly leeway: Leeway
  /** Whether the subscriber was lied about. */
  readonly isLiedAbout: boolean
}

export interface Gap {
  readonly router: string
  readonly service: Service
  readonly fromMs: number
  readonly toMs: number
}

/** From the last reading of one reader to the first of another. */
export interface ReaderChange extends Gap {
  readonly from: string
  readonly to: string
}

export interface FleetAccount {
  readonly sessions: number
  readonly readings: number
  readonly subscribers: readonly SubscriberAccount[]
  /** Between two readings of a router without faults. */
  readonly longestGap: Gap | undefined
  readonly churn: Readonly<Record<ChurnKind, number>>
  /** How often each was told in a whole reading. */
  readonly lies: Readonly<Record<SessionLieKind | RouterLieKind, number>>
  /** How often a router and service had another reader than the time before. */
  readonly readerChanges: number
  /** Those of routers without faults. */
  readonly changesWithoutFaults: readonly ReaderChange[]
}
