import type { RouterKey } from '../accounting/ids.ts'

/** Sessions per transaction: enough to be cheap, and few enough not to block their rows or the event loop for long. */
const SLICE_SESSIONS = 2_500

/**
 * The number of slices for all that waits; 0 if nothing does.
 * @param atOnce how many transactions a slice is for
 */
export function slicesOf(pending: ReadonlyMap<RouterKey, number>, atOnce: number): number {
  return Math.ceil(weightOf(pending) / (SLICE_SESSIONS * atOnce))
}

/**
 * Chooses whole routers, in their fixed order, for the next slice. The last slice takes all that are left.
 * @param done the routers of earlier slices; those of this slice are added
 * @param left how many slices are left, this one included
 */
export function nextSlice(
  pending: ReadonlyMap<RouterKey, number>,
  done: Set<RouterKey>,
  left: number,
): readonly RouterKey[] {
  let room = weightOf(pending, done) / left
  const slice: RouterKey[] = []
  for (const [key, sessions] of pending) {
    if (done.has(key)) continue
    if (room <= 0 && left > 1) break
    slice.push(key)
    room -= Math.max(1, sessions)
  }
  for (const key of slice) done.add(key)
  return slice
}

/** The weight in sessions. A router without sessions weighs 1, because it is a row too. */
function weightOf(
  pending: ReadonlyMap<RouterKey, number>,
  without: ReadonlySet<RouterKey> = new Set(),
): number {
  let weight = 0
  for (const [key, sessions] of pending) if (!without.has(key)) weight += Math.max(1, sessions)
  return weight
}
