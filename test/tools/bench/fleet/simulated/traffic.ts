import type { Bytes } from '../../../../../src/accounting/bytes.ts'
import type { Random } from '../../../../harness/fleet/random.ts'

/** Share of sessions without traffic, like phones in pockets. */
const IDLE_SHARE = 0.3
const SLOWEST_BITS = 1_000
const FASTEST_BITS = 20_000_000
const UPLOAD_SHARE = 0.1

/** Whole bytes a second: most sessions are slow and a few are fast, each at a constant rate. */
export function rateOf(random: Random): Bytes {
  if (random() < IDLE_SHARE) return { upload: 0, download: 0 }
  const bits = SLOWEST_BITS * (FASTEST_BITS / SLOWEST_BITS) ** random()
  const download = Math.floor(bits / 8)
  return { upload: Math.floor(download * UPLOAD_SHARE), download }
}

/** A closed form, so that the bytes in any reply are known without storing them. */
export function movedIn(elapsedMs: number, bytesPerSecond: number): number {
  return elapsedMs > 0 ? Math.floor((bytesPerSecond * elapsedMs) / 1000) : 0
}
