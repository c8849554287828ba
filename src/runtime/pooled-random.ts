import { randomFillSync } from 'node:crypto'

const BYTES = 16
const POOLED = 256 * BYTES

/** Returns 16 random bytes at each call. They are fetched in large batches, because fetching is most of an id's cost. */
export function pooledRandom(): () => Uint8Array {
  const pool = new Uint8Array(POOLED)
  let used = POOLED
  return () => {
    if (used === POOLED) {
      randomFillSync(pool)
      used = 0
    }
    used += BYTES
    return pool.slice(used - BYTES, used)
  }
}
