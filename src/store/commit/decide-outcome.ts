import type { RouterKey } from '../../accounting/ids.ts'
import type { Pending } from '../../accounting/waiting/pending.ts'
import type { CommitOutcome } from '../../recording/ports.ts'

export type CommitResult = ReadonlyMap<RouterKey, CommitOutcome>

/** A locked router: who may write it, and its position in the database. */
export interface LockedRouter {
  readonly owner: string | undefined
  readonly epoch: number
  readonly position: number
}

/** A router that was never taken, or is not in the database at all. */
export const UNTAKEN: LockedRouter = { owner: undefined, epoch: 0, position: 0 }

/**
 * Decides what becomes of one router's commit, first by the router's lease and then by its position in the database:
 *
 *     lost        the lease is not the commit's: another daemon, or another run of this one, has taken the router and
 *                 may have read any part of this again. Nothing is written, and nothing ever will be under this epoch
 *     committed   the position is at the commit's base: everything in it is written now
 *     already     the position is at or after the commit's end: an earlier try was written, and its answer never
 *                 arrived
 *     conflict    the position is anywhere else. Only this daemon can have done that, so it is a bug
 *
 * An expired lease that nobody took still holds: the epoch is the fence, not the clock.
 * @param owner id of the daemon whose commit it is
 */
export function decideOutcome(
  locked: LockedRouter,
  owner: string,
  {
    epoch,
    pending,
  }: { readonly epoch: number; readonly pending: Pick<Pending, 'basePosition' | 'position'> },
): CommitOutcome {
  if (locked.owner !== owner || locked.epoch !== epoch) return { kind: 'lost' }
  const { position } = locked
  if (position >= pending.position) return { kind: 'already' }
  return position === pending.basePosition ? { kind: 'committed' } : { kind: 'conflict', position }
}
