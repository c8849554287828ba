import type { RouterKey } from '../accounting/ids.ts'
import type { Pending } from '../accounting/pending.ts'

/**
 * What became of one router's commit, told by the router's position in the database:
 *
 *     committed   it was at the commit's base, and all was written
 *     already     it was at the commit's end: an earlier try was done, and its answer lost
 *     conflict    it was anywhere else: somebody else writes this router, and nothing was written.
 *                 `position` is where it was; `undefined` where the database has no such router
 *     refused     the database refuses what is in it, and would again; nothing was written
 */
export type CommitOutcome =
  | { readonly kind: 'committed' }
  | { readonly kind: 'already' }
  | { readonly kind: 'conflict'; readonly position: number | undefined }
  | { readonly kind: 'refused'; readonly reason: string }

export type CommitResult = ReadonlyMap<RouterKey, CommitOutcome>

/** @param position the router's in the database */
export function decideOutcome(
  position: number | undefined,
  pending: Pick<Pending, 'basePosition' | 'position'>,
): CommitOutcome {
  if (position === undefined) return { kind: 'conflict', position }
  if (position >= pending.position) return { kind: 'already' }
  return position === pending.basePosition ? { kind: 'committed' } : { kind: 'conflict', position }
}
