import type { RouterKey } from '../accounting/ids.ts'

/** Sessions to a transaction: enough to be cheap, few enough to hold up neither their rows nor the event loop. */
const SLICE_SESSIONS = 2_500

/** How many slices to commit in; 0 if nothing waits. */
export function slicesOf(pending: ReadonlyMap<RouterKey, number>): number {
  return Math.ceil(weightOf(pending) / SLICE_SESSIONS)
}

/**
 * Whole routers, in the order they always have, for one of the slices that are left: the last one takes them all.
 * @param done the routers of the slices before; those of this one are added
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

/** In sessions; a router without any is a row all the same. */
function weightOf(
  pending: ReadonlyMap<RouterKey, number>,
  without: ReadonlySet<RouterKey> = new Set(),
): number {
  let weight = 0
  for (const [key, sessions] of pending) if (!without.has(key)) weight += Math.max(1, sessions)
  return weight
}
