/** Numbers in [0, 1) that are the same for the same seed (mulberry32), so that a failing fleet can be repeated. */
export type Random = () => number

export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A whole number in [0, `below`). */
export function wholeBelow(random: Random, below: number): number {
  return Math.floor(random() * below)
}

/** @returns `undefined` for an empty list */
export function pick<Item>(random: Random, items: readonly Item[]): Item | undefined {
  return items[wholeBelow(random, items.length)]
}
