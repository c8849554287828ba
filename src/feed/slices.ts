/** Smaller slices are not worth it: each wakes the daemon and its clients, which costs more than spreading saves. */
const FEWEST = 200

/** Items that are shown together, `afterMs` after the start of each interval. */
export interface Slice<Item> {
  readonly afterMs: number
  readonly items: readonly Item[]
}

/** Spreads items evenly over an interval, in slices, so that the load is spread too. */
export function slicesOf<Item>(items: readonly Item[], intervalMs: number): readonly Slice<Item>[] {
  const count = Math.max(1, Math.ceil(items.length / FEWEST))
  const startOf = (index: number) => Math.round((index * items.length) / count)
  return Array.from({ length: count }, (_, index) => ({
    afterMs: (index * intervalMs) / count,
    items: items.slice(startOf(index), startOf(index + 1)),
  }))
}
