const BYTE_UNITS = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'] as const
const RATE_UNITS = ['bps', 'kbps', 'Mbps', 'Gbps', 'Tbps'] as const

/** Steps of 1024; two decimals from GB on, like the feed. */
export function formatBytes(bytes: number): string {
  return scaled(bytes, 1024, BYTE_UNITS, at => (at >= 3 ? 2 : at === 2 ? 1 : 0))
}

/** @param bps bits a second; steps of 1000 */
export function formatRate(bps: number): string {
  return scaled(bps, 1000, RATE_UNITS, at => (at >= 3 ? 2 : at === 2 ? 1 : 0))
}

/** Without superfluous decimals, for an axis: `20 GB`, `2.5 GB`. */
export function brief(formatted: string): string {
  return formatted.replace(/(\.\d*?)0+ /, '$1 ').replace('. ', ' ')
}

/** Chooses the first unit in which the rounded value is less than a step. */
function scaled(
  quantity: number,
  step: number,
  units: readonly string[],
  decimalsOf: (at: number) => number,
): string {
  for (let at = 0; ; at++) {
    const value = (quantity / step ** at).toFixed(decimalsOf(at))
    if (Number(value) < step || at === units.length - 1) return `${value} ${units[at]}`
  }
}

/** `1,234` */
export function formatCount(count: number): string {
  return count.toLocaleString('en')
}
