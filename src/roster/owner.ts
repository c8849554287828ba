import type { RouterKey } from '../accounting/ids.ts'
import type { Membership } from './membership.ts'

/** What happens with routers that are gained and lost. */
export interface Owner {
  /** Starts to read and record them. If it rejects, they are given back. */
  gain(epochs: ReadonlyMap<RouterKey, number>): Promise<void>
  /** Another daemon has them, so nothing of them can be committed any longer. */
  lose(routers: readonly RouterKey[]): Promise<void>
  /** Reads routers once more and commits that. When all is committed, it is busy with them no longer. */
  moveAway(routers: readonly RouterKey[]): Promise<void>
  /** Goes on with routers that were to be moved, but could not be committed for some time. */
  keepUncommitted(): Promise<void>
  /** Whether it has a router, even if only for its last commit. */
  isBusy(router: RouterKey): boolean
  /** The sessions in a router's last reading. */
  sessionsOf(router: RouterKey): number
}

/** Which routers this daemon should read, and which others. */
export type Part = Pick<
  Membership,
  'isOurs' | 'join' | 'leave' | 'moving' | 'refresh' | 'renew' | 'successorOf' | 'untilFirstEndMs'
>
