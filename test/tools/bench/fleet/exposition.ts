/** A page of `/metrics`, for metrics without labels of routers. */
export class Exposition {
  readonly #lines: readonly string[]

  constructor(text: string) {
    this.#lines = text.split('\n')
  }

  /** @param series the name with its labels, as on the page. @returns `undefined` if it is missing */
  value(series: string): number | undefined {
    const line = this.#lines.find(it => it.startsWith(`${series} `))
    return line === undefined ? undefined : Number(line.slice(series.length + 1))
  }

  /** A histogram's buckets: the number of values at or below `le`. Empty if it is missing. */
  buckets(name: string): ReadonlyMap<number, number> {
    const buckets = new Map<number, number>()
    for (const line of this.#lines) {
      const [, le, count] = line.startsWith(`${name}_bucket{`) ? (BUCKET.exec(line) ?? []) : []
      if (le !== undefined) buckets.set(le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le), Number(count))
    }
    return buckets
  }
}

/** A histogram's buckets on several pages together. */
export function sumOfBuckets(pages: readonly Exposition[], name: string): ReadonlyMap<number, number> {
  const sum = new Map<number, number>()
  for (const page of pages)
    for (const [bound, count] of page.buckets(name)) sum.set(bound, (sum.get(bound) ?? 0) + count)
  return sum
}

const BUCKET = /\ble="([^"]+)"[^}]*\} (\S+)/

/**
 * A quantile of the values between two looks, interpolated within its bucket.
 * @returns `undefined` if there were none, or it is above the last bound
 */
export function quantileBetween(
  before: ReadonlyMap<number, number>,
  after: ReadonlyMap<number, number>,
  share: number,
): number | undefined {
  const bounds = [...after.keys()].sort((a, b) => a - b)
  const countTo = (bound: number) => (after.get(bound) ?? 0) - (before.get(bound) ?? 0)
  const wanted = share * countTo(Number.POSITIVE_INFINITY)
  let from = { bound: 0, count: 0 }
  for (const bound of bounds) {
    const count = countTo(bound)
    if (count >= wanted && count > from.count) {
      const part = (wanted - from.count) / (count - from.count)
      return Number.isFinite(bound) ? from.bound + part * (bound - from.bound) : undefined
    }
    from = { bound, count }
  }
  return undefined
}
