import { randomFillSync } from 'node:crypto'

const BYTES = 16
const POOLED = 256 * BYTES

/** Random bytes, 16 at a time, from the system's source: to ask it for each would take most of what an id takes. */
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
