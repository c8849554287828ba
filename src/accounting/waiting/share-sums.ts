import { addBytes } from '../bytes.ts'
import type { Share } from '../spread.ts'

/** Shared by the many changes without bytes. */
const NO_SHARES: ReadonlyMap<number, Share> = new Map()

/** Sums of shares by the start of the bucket. */
export function byBucket(shares: readonly Share[]): ReadonlyMap<number, Share> {
  if (shares.length === 0) return NO_SHARES
  const sums = new Map<number, Share>()
  for (const share of shares) addShare(sums, share)
  return sums
}

function addShare(sums: Map<number, Share>, share: Share): void {
  const sum = sums.get(share.bucketStartMs)
  sums.set(share.bucketStartMs, sum ? { ...share, ...addBytes(sum, share) } : share)
}

/** Sums of two sets of shares, by the start of the bucket. */
export function mergeShares(
  older: ReadonlyMap<number, Share>,
  newer: ReadonlyMap<number, Share>,
): ReadonlyMap<number, Share> {
  if (newer.size === 0) return older
  if (older.size === 0) return newer
  const merged = new Map(older)
  for (const share of newer.values()) addShare(merged, share)
  return merged
}
