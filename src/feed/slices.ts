/** Fewer are shown in one go: each slice wakes the daemon and its clients anew, which costs more than what it spreads. */
const FEWEST = 200

/** What is to be shown together, at `afterMs` within each interval. */
export interface Slice<Item> {
  readonly afterMs: number
  readonly items: readonly Item[]
}

/** Spreads items evenly over an interval, in slices, so that neither the daemon nor its clients meet all at once. */
export function slicesOf<Item>(items: readonly Item[], intervalMs: number): readonly Slice<Item>[] {
  const count = Math.max(1, Math.ceil(items.length / FEWEST))
  const startOf = (index: number) => Math.round((index * items.length) / count)
  return Array.from({ length: count }, (_, index) => ({
    afterMs: (index * intervalMs) / count,
    items: items.slice(startOf(index), startOf(index + 1)),
  }))
}
