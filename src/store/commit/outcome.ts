import type { RouterKey } from '../../accounting/ids.ts'
import type { OthersShare } from '../../accounting/others.ts'
import type { Pending } from '../../accounting/waiting/pending.ts'

/**
 * What became of one router's commit, told by the router's lease and then by its position in the database:
 *
 *     lost        the lease is not the commit's: another daemon, or another run of this one, has taken the router,
 *                 and may have read any part of this anew. Nothing was written, nor ever will be under this epoch.
 *                 `owner` and `epoch` are the taker's; `undefined` and 0 where nobody ever took it
 *     committed   the position was at the commit's base, and all was written; but for what the database refuses for
 *                 itself, which is recorded as set aside in the same transaction (`set-aside.ts`). `setAside` has
 *                 what was refused for the first time, and `others` what went to `(others)`
 *     already     it was at the commit's end: an earlier try was done, and its answer lost (and with it what it set
 *                 aside, which its events tell)
 *     conflict    it was anywhere else, which nobody but us can have done: a bug. Nothing was written
 *     refused     the database refuses what is in it, and would again, and even to set it aside; nothing was written
 *
 * An expired lease that nobody took still holds: the epoch is the fence, and not the clock.
 */
export type CommitOutcome =
  | { readonly kind: 'lost'; readonly owner: string | undefined; readonly epoch: number }
  | {
      readonly kind: 'committed'
      readonly setAside?: readonly SetAside[]
      readonly others?: readonly OthersShare[]
    }
  | { readonly kind: 'already' }
  | { readonly kind: 'conflict'; readonly position: number }
  | { readonly kind: 'refused'; readonly reason: string }

/** Something that was not written since the database refuses it, in words for the log. */
export interface SetAside {
  readonly what: string
  readonly reason: string
}

export type CommitResult = ReadonlyMap<RouterKey, CommitOutcome>

/** A router as the database has it, locked: who may write it, and where the next commit goes on from. */
export interface LockedRouter {
  readonly owner: string | undefined
  readonly epoch: number
  readonly position: number
}

/** Of a router that was never taken, or is not in the database at all. */
export const UNTAKEN: LockedRouter = { owner: undefined, epoch: 0, position: 0 }

/** @param owner the daemon whose commit it is */
export function decideOutcome(
  locked: LockedRouter,
  owner: string,
  {
    epoch,
    pending,
  }: { readonly epoch: number; readonly pending: Pick<Pending, 'basePosition' | 'position'> },
): CommitOutcome {
  if (locked.owner !== owner || locked.epoch !== epoch)
    return { kind: 'lost', owner: locked.owner, epoch: locked.epoch }
  const { position } = locked
  if (position >= pending.position) return { kind: 'already' }
  return position === pending.basePosition ? { kind: 'committed' } : { kind: 'conflict', position }
}
